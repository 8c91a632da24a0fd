import { type ReactElement, useRef, useState } from "react";
import { useEvent, useReducedTopic } from "tidings/react";

import type { Order } from "./events.ts";
import { OrderTable } from "./order-table.tsx";
import { NO_SALES, sell, type Sales } from "./sales.ts";

/** One region. It joins late, so it asks for what was there before: no connection is opened for it. */
export function Region({ region }: { readonly region: string }): ReactElement {
  const topic = `orders/${region}`;
  const { orders } = useReducedTopic<Sales, Order>(topic, sell, NO_SALES, { event: "order.paid", from: "last:8" });
  return (
    <section className="sheet" aria-labelledby="region-title">
      <div className="row">
        <h2 id="region-title">{region}</h2>
        <Dearest topic={topic} />
      </div>
      <OrderTable orders={orders} />
    </section>
  );
}

/** The dearest order since one looks: each event is seen, and a render follows only where there is something new to see. */
function Dearest({ topic }: { readonly topic: string }): ReactElement {
  const [dearest, setDearest] = useState<Order>();
  const most = useRef(0);
  useEvent<Order>(topic, "order.paid", (order) => {
    if (order.sum <= most.current) return;
    most.current = order.sum;
    setDearest(order);
  });
  return (
    <p className="hint">
      {dearest === undefined ? "Waiting for an order" : `Dearest: a ${dearest.product} for ${dearest.sum.toFixed(2)} €`}
    </p>
  );
}
