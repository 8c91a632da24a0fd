// @vitest-environment happy-dom
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createApp, defineComponent, effectScope, h, nextTick, type Ref, ref, watch } from "vue";

import type { Delivered, Tidings } from "../../src/client/connect/tidings.ts";
import { createTestSource, type TestSource } from "../../src/testing/index.ts";
import { createTidings, useConnection, useEvent, useReducedTopic, useTopic } from "../../src/vue/index.ts";
import { countListeners } from "./count-listeners.ts";
import { type Mounted, mount } from "./mount.ts";

let source: TestSource;
let client: Tidings;
beforeEach(() => {
  source = createTestSource();
  client = source.connect();
  onTestFinished(() => client.close());
});

function show(setup: () => () => string): Mounted {
  const mounted = mount(setup, createTidings({ client }));
  onTestFinished(() => mounted.app.unmount());
  return mounted;
}

describe("useTopic", () => {
  test("has the newest event and its data, and what was there before if it is asked to", async () => {
    await source.emit("acme", "tick", { price: 7 });
    const screen = show(() => {
      const { data, event } = useTopic<{ price: number }>("acme", { from: "last:1" });
      return () => `${data.value?.price ?? "none"} ${event.value?.event ?? ""}`;
    });
    expect(screen.text).toBe("none ");
    await source.settled();
    expect(screen.text).toBe("7 tick");
    await source.emit("acme", "tock", { price: 8 });
    expect(screen.text).toBe("8 tock");
  });

  test("follows a topic that is a ref, on the same connection, and forgets what the old one said", async () => {
    const topic = ref<string | null>("a");
    const screen = show(() => {
      const { data } = useTopic<number>(topic);
      return () => String(data.value);
    });
    await source.settled();
    await source.emit("a", "n", 1);
    expect(screen.text).toBe("1");
    topic.value = "b";
    await nextTick();
    expect(screen.text).toBe("undefined");
    await source.settled();
    await source.emit("a", "n", 2);
    await source.emit("b", "n", 3);
    expect(screen.text).toBe("3");
    expect(source.connections).toBe(1);
    topic.value = null;
    await source.emit("b", "n", 4);
    expect(screen.text).toBe("undefined");
  });

  test("tells two events in a row that are the same", async () => {
    let seen = 0;
    show(() => {
      const { event } = useTopic("a");
      watch(event, () => (seen += 1), { flush: "sync" });
      return () => "";
    });
    await source.settled();
    await source.emit("a", "n", "1");
    await source.emit("a", "n", "1");
    expect(seen).toBe(2);
  });
});

describe("useReducedTopic", () => {
  test("reduces every event of a burst, in order", async () => {
    const screen = show(() => {
      const all = useReducedTopic("a", (sum: readonly number[], { data }: Delivered<number>) => [...sum, data], []);
      return () => all.value.join();
    });
    await source.settled();
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    await Promise.all(numbers.map((n) => source.emit("a", "n", n)));
    expect(screen.text).toBe(numbers.join());
  });

  test("begins anew after a reset", async () => {
    const screen = show(() => {
      const count = useReducedTopic("a", (n: number) => n + 1, 0);
      return () => String(count.value);
    });
    await source.settled();
    await source.emit("a", "n", 1);
    await source.emit("a", "n", 2);
    await source.restart();
    await source.emit("a", "n", 3);
    await source.advance(60_000);
    expect(screen.text).toBe("1");
  });

  test("begins anew after a gap with `from`", async () => {
    const screen = show(() => {
      const all = useReducedTopic("a", (list: readonly number[], { data }: Delivered<number>) => [...list, data], [], {
        from: "last:9",
      });
      return () => all.value.join();
    });
    await source.settled();
    for (const n of [1, 2]) await source.emit("a", "n", n);
    expect(screen.text).toBe("1,2");
    await source.drop();
    await source.emit("a", "n", 3);
    await source.evict();
    await source.emit("a", "n", 4);
    await source.advance(60_000);
    expect(screen.text).toBe("4");
  });
});

test("what a store has outlives the component that made it, and ends with the store", async () => {
  const scope = effectScope(true);
  let count: Readonly<Ref<number>> | undefined;
  const Counter = defineComponent({
    setup() {
      count ??= scope.run(() => useReducedTopic("a", (n: number) => n + 1, 0));
      return () => h("p", `${count?.value};`);
    },
  });
  const isFirstThere = ref(true);
  const host = document.createElement("div");
  const app = createApp({ render: () => [isFirstThere.value ? h(Counter) : null, h(Counter)] });
  app.use(createTidings({ client })).mount(host);
  onTestFinished(() => app.unmount());
  await source.settled();
  await source.emit("a", "n", 1);
  expect(host.textContent).toBe("1;1;");
  isFirstThere.value = false;
  await nextTick();
  await source.emit("a", "n", 2);
  expect(host.textContent).toBe("2;");
  scope.stop();
  await source.emit("a", "n", 3);
  expect(count?.value).toBe(2);
});

describe("useEvent", () => {
  test("calls the handler for each event, until it is told to stop", async () => {
    const heard: unknown[] = [];
    let stop = (): void => undefined;
    show(() => {
      stop = useEvent("a", "n", (data) => void heard.push(data));
      return () => "";
    });
    await source.settled();
    await Promise.all([source.emit("a", "n", 1), source.emit("a", "n", 2), source.emit("a", "other", 3)]);
    stop();
    await source.emit("a", "n", 4);
    expect(heard).toEqual([1, 2]);
  });

  test("works in a scope of its own with a client that is handed in, and ends with the scope", async () => {
    const heard: unknown[] = [];
    const scope = effectScope();
    scope.run(() => useEvent("a", "n", (data) => void heard.push(data), { client }));
    await source.settled();
    await source.emit("a", "n", 1);
    scope.stop();
    await source.emit("a", "n", 2);
    expect(heard).toEqual([1]);
  });

  test("ends with a scope that was made within a component, though the component goes on", async () => {
    const heard: unknown[] = [];
    const scope = effectScope();
    show(() => {
      scope.run(() => useEvent("a", "n", (data) => void heard.push(data)));
      return () => "";
    });
    await source.settled();
    await source.emit("a", "n", 1);
    scope.stop();
    await source.emit("a", "n", 2);
    expect(heard).toEqual([1]);
  });

  test("needs a client", () => {
    expect(() => effectScope().run(() => useEvent("a", "n", () => undefined))).toThrow("createTidings");
  });
});

test("useConnection says how the connection is, publishes, and reconnects", async () => {
  let connection: ReturnType<typeof useConnection> | undefined;
  const screen = show(() => {
    useTopic("a");
    connection = useConnection();
    const { state, error } = connection;
    return () => `${state.value} ${error.value === undefined ? "" : "with a reason"}`;
  });
  await source.settled();
  expect(screen.text).toBe("live ");
  await source.drop();
  expect(screen.text).toBe("waiting with a reason");
  connection?.reconnect();
  await source.settled();
  expect(screen.text).toBe("live ");
  await connection?.publish("b", { data: { hello: "world" } });
  expect(source.published).toMatchObject([{ topic: "b", data: { hello: "world" } }]);
});

test("mounted and unmounted 1,000 times, they leave no connection, listener or timer", async () => {
  const listeners = countListeners([globalThis, document]);
  const before = { timers: source.timers, requests: source.requests.length };

  const shown = ref(false);
  let heard = 0;
  const Child = defineComponent({
    setup() {
      const { data } = useTopic("a", { from: "last:1" });
      const count = useReducedTopic("a/*", (n: number) => n + 1, 0);
      const { state } = useConnection();
      useEvent("b", "n", () => (heard += 1));
      return () => h("i", [String(data.value), count.value, state.value]);
    },
  });
  const host = document.createElement("div");
  const { options } = source;
  const app = createApp(() => (shown.value ? h(Child) : null)).use(
    createTidings({ url: "http://test.source/events", options }),
  );
  app.mount(host);
  let most = 0;
  for (let i = 0; i < 1_000; i += 1) {
    shown.value = true;
    await nextTick();
    // Some are there long enough for events, others are gone before their connection is.
    if (i % 50 === 0) {
      await source.settled();
      await source.emit("b", "n", i);
      most = Math.max(most, source.connections);
    }
    shown.value = false;
    await nextTick();
  }
  expect(heard).toBe(20);
  expect(most).toBe(1);
  app.unmount();
  await source.advance(10_000);
  expect(source.connections).toBe(0);
  expect(source.timers).toBe(before.timers);
  expect(listeners.added).toBeGreaterThan(0);
  expect(listeners.left()).toEqual([]);
  const requests = source.requests.length;
  await source.emit("b", "n", 1);
  await source.advance(60_000);
  expect([source.requests.length, heard]).toEqual([requests, 20]);
});
