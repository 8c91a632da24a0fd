/** An order that was paid. */
export interface Order {
  readonly number: number;
  readonly region: string;
  readonly product: string;
  readonly sum: number;
  /** When, in ms as `Date.now()` counts. */
  readonly at: number;
}

/** How many of a product are left. */
export interface Level {
  readonly left: number;
  readonly of: number;
}

/** What the server publishes: `order.paid` to `orders/<region>`, `stock.level` to `stock/<product>`. */
export interface Events {
  "order.paid": Order;
  "stock.level": Level;
}

export const REGIONS = ["north", "south", "east", "west"] as const;

export const PRODUCTS = [
  { name: "lamp", price: 48 },
  { name: "chair", price: 135 },
  { name: "table", price: 420 },
  { name: "shelf", price: 96 },
  { name: "clock", price: 27.5 },
] as const;
