import type { ReactElement } from "react";

import type { Order } from "./events.ts";

/** The newest orders, the newest first. */
export function OrderTable({ orders }: { readonly orders: readonly Order[] }): ReactElement {
  if (orders.length === 0) return <p className="empty">Orders appear here as they are paid.</p>;
  return (
    <ol className="rows" aria-label="Orders, the newest first">
      {orders
        .slice(-8)
        .toReversed()
        .map(({ number, region, product, sum, at }) => (
          <li key={number}>
            <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString("en-GB")}</time>
            <span>
              {product} <small>{region}</small>
            </span>
            <b>{sum.toFixed(2)} €</b>
          </li>
        ))}
    </ol>
  );
}
