import type { Hub } from "tidings";

import { type Events, PRODUCTS, REGIONS } from "../src/events.ts";

const SHELF = 40;

/** Sells something about twice a second: publishes each order, and what is left of its product. Answers what ends it. */
export function openShop(hub: Hub<Events>): () => void {
  const left = new Map(PRODUCTS.map(({ name }) => [name, SHELF]));
  let number = 1_000;
  let timer: NodeJS.Timeout | undefined;

  async function sell(): Promise<void> {
    const product = anyOf(PRODUCTS);
    const region = anyOf(REGIONS);
    number += 1;
    const order = { number, region, product: product.name, sum: product.price, at: Date.now() };
    await hub.publish(`orders/${region}`, { event: "order.paid", data: order });
    const before = left.get(product.name) ?? 0;
    const now = before === 0 ? SHELF : before - 1;
    left.set(product.name, now);
    await hub.publish(`stock/${product.name}`, { event: "stock.level", data: { left: now, of: SHELF } });
  }

  async function open(): Promise<void> {
    for (const { name } of PRODUCTS) {
      await hub.publish(`stock/${name}`, { event: "stock.level", data: { left: SHELF, of: SHELF } });
    }
    for (let i = 0; i < 20; i += 1) await sell();
    wait();
  }

  function wait(): void {
    timer = setTimeout(() => void sell().then(wait, closed), 200 + 600 * Math.random());
  }

  void open().catch(closed);
  return () => clearTimeout(timer);
}

/** A hub that was closed takes nothing more; that is how the shop ends. */
function closed(): void {}

function anyOf<Items extends readonly [unknown, ...unknown[]]>(items: Items): Items[number] {
  return items[Math.floor(Math.random() * items.length)] ?? items[0];
}
