import { type ReactElement, useState } from "react";
import { useConnection } from "tidings/react";

import { type Order, PRODUCTS, REGIONS } from "./events.ts";

/** Publishes an order of one's own. It comes back as everyone's do. */
export function PayButton(): ReactElement {
  const { publish } = useConnection();
  const [words, setWords] = useState("");

  async function pay(): Promise<void> {
    const at = Date.now();
    const region = REGIONS[0];
    const { name, price } = PRODUCTS[2];
    const order: Order = { number: at, region, product: name, sum: price, at };
    try {
      await publish(`orders/${region}`, { event: "order.paid", data: order });
      setWords("");
    } catch (error) {
      setWords(`Not sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return (
    <>
      <span className="hint error" role="alert">
        {words}
      </span>
      <button type="button" className="primary" onClick={() => void pay()}>
        Order a table
      </button>
    </>
  );
}
