// @vitest-environment happy-dom
import { act, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { TidingsProvider } from "tidings/react";
import { createTestSource, type TestSource } from "tidings/testing";
import { beforeEach, expect, onTestFinished, test } from "vitest";

import { App } from "../src/app.tsx";
import type { Order } from "../src/events.ts";

let source: TestSource;
let page: HTMLElement;
let number = 0;
beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  location.hash = "";
  source = createTestSource();
  const client = source.connect();
  page = document.createElement("div");
  document.body.append(page);
  const root = createRoot(page);
  await act(async () => {
    root.render(
      <StrictMode>
        <TidingsProvider client={client}>
          <App />
        </TidingsProvider>
      </StrictMode>,
    );
    await source.settled();
  });
  onTestFinished(async () => {
    await act(async () => root.unmount());
    client.close();
    page.remove();
  });
});

async function happens(what: () => Promise<unknown>): Promise<void> {
  await act(async () => void (await what()));
}

async function pay(region: string, sum: number): Promise<void> {
  number += 1;
  const order: Order = { number, region, product: "lamp", sum, at: 0 };
  await source.emit(`orders/${region}`, "order.paid", order);
}

const text = (selector: string): string => page.querySelector(selector)?.textContent ?? "";

test("counts every order, also those that came while the line was cut", async () => {
  expect(text(".state")).toBe("Live");
  await happens(() => Promise.all(Array.from({ length: 100 }, () => pay("north", 1))));
  expect(text(".figures")).toContain("Orders100");
  await happens(source.drop);
  expect(text(".state")).toBe("Line cut");
  await happens(() => pay("west", 900));
  expect(text(".figures")).toContain("Orders100");
  await happens(() => source.advance(60_000));
  expect(text(".state")).toBe("Live");
  expect(text(".figures")).toContain("Orders101Revenue1,000.00 €");
});

test("shows what is on the shelf, and what is nearly gone", async () => {
  await happens(() => source.emit("stock/lamp", "stock.level", { left: 30, of: 40 }));
  expect(text(".stock")).toBe("lamp30");
  await happens(() => source.emit("stock/lamp", "stock.level", { left: 4, of: 40 }));
  expect(text(".stock.low")).toBe("lamp4 left");
});

test("shows a region with what was there before one went there, over the same connection", async () => {
  await happens(() => pay("south", 12));
  await happens(() => pay("north", 34));
  await happens(async () => {
    location.hash = "#south";
    dispatchEvent(new Event("hashchange"));
    await source.settled();
  });
  expect(text(".rows")).toContain("12.00 €");
  expect(text(".rows")).not.toContain("34.00 €");
  await happens(() => pay("south", 56));
  expect(text(".rows")).toContain("56.00 €");
  expect(text(".hint")).toBe("Dearest: a lamp for 56.00 €");
  expect(source.connections).toBe(1);
});

test("publishes an order of one's own, and says so if it cannot", async () => {
  const button = page.querySelector("button.primary") as HTMLButtonElement;
  await happens(async () => {
    button.click();
    await source.settled();
  });
  expect(source.published).toMatchObject([{ topic: "orders/north", event: "order.paid", data: { product: "table" } }]);
  expect(text(".figures")).toContain("Orders1");
  await source.fail(413, { of: "publish" });
  await happens(async () => {
    button.click();
    await source.settled();
  });
  expect(text("[role=alert]")).toContain("Not sent");
});
