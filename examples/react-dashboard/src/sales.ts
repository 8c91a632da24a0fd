import type { Delivered } from "tidings/client";

import type { Order } from "./events.ts";

/** What the dashboard makes of orders. */
export interface Sales {
  readonly count: number;
  readonly revenue: number;
  /** The newest ones, the newest last. */
  readonly orders: readonly Order[];
}

export const NO_SALES: Sales = { count: 0, revenue: 0, orders: [] };

const KEPT = 60;

/** One order more. */
export function sell(sales: Sales, { data }: Delivered<Order>): Sales {
  return {
    count: sales.count + 1,
    revenue: sales.revenue + data.sum,
    orders: [...sales.orders, data].slice(-KEPT),
  };
}
