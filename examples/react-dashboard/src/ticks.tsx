import type { ReactElement } from "react";

import type { Order } from "./events.ts";

const HEIGHT = 72;
const DEAREST = 420;

/** A tick for each order, as high as its sum. It moves when an order comes, and only then. */
export function Ticks({ orders }: { readonly orders: readonly Order[] }): ReactElement {
  const last = orders.at(-1);
  const text = last === undefined ? "No order yet" : `The last order: a ${last.product} for ${last.sum} €`;
  return (
    <svg className="ticks" viewBox={`0 0 600 ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={text}>
      {orders.map(({ number, sum }, i) => {
        const x = 600 - (orders.length - i) * 10 + 5;
        const height = Math.max(6, (HEIGHT - 4) * Math.sqrt(sum / DEAREST));
        return <line key={number} x1={x} x2={x} y1={HEIGHT} y2={HEIGHT - height} />;
      })}
    </svg>
  );
}
