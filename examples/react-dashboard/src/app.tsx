import type { ReactElement } from "react";
import { useReducedTopic } from "tidings/react";

import { ConnectionLight } from "./connection-light.tsx";
import type { Order } from "./events.ts";
import { Overview } from "./overview.tsx";
import { Region } from "./region.tsx";
import { Routes, useRoute } from "./routes.tsx";
import { NO_SALES, sell, type Sales } from "./sales.ts";

/** The whole page. What it counts stands above the routes, so that it goes on whatever is looked at. */
export function App(): ReactElement {
  const route = useRoute();
  const sales = useReducedTopic<Sales, Order>("orders/*", sell, NO_SALES, { event: "order.paid", from: "last:15" });
  return (
    <>
      <header>
        <h1>
          orders<i>.</i>
        </h1>
        <Routes route={route} />
        <ConnectionLight />
      </header>
      <main>{route === "" ? <Overview sales={sales} /> : <Region key={route} region={route} />}</main>
    </>
  );
}
