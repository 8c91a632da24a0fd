import { describe, expect, onTestFinished, test, vi } from "vitest";

import { memoryLog } from "../../../src/index.ts";
import { live, startHub } from "../connect/hub-server.ts";
import { openTab, type Tab } from "./pages.ts";

const role = ({ tidings }: Tab): string => tidings.status.getSnapshot().role;

/** Numbers, one after the other. */
function run(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}

describe("a tab that catches up", () => {
  test("is told of a gap once, and all who hear there, before what is left", async () => {
    const server = await startHub({ log: memoryLog({ maxEvents: 10 }) });
    const first = openTab(server.url);
    first.hear("a");
    await live(first.tidings);
    const told: unknown[] = [];
    const second = openTab(server.url, { resync: ({ kind }) => void told.push(kind) });
    second.hear("a");
    second.tidings.onAny("b", () => undefined, { resync: ({ kind }) => void told.push(["b", kind]) });
    await live(second.tidings);
    await server.hub.publish("a", { data: 0 });
    await expect.poll(() => second.heard).toEqual([0]);
    second.hide();
    for (let n = 1; n <= 30; n++) await server.hub.publish("a", { data: n });
    await expect.poll(() => first.heard.length).toBe(31);
    second.show();
    await expect.poll(() => second.heard.at(-1)).toBe(30);
    expect(told).toEqual(["gap", ["b", "gap"]]);
    expect(second.tidings.inspect()).toMatchObject({ gaps: 1, resets: 0 });
  });

  test("begins after the cursor of its store, however late that is there", async () => {
    const server = await startHub();
    const { id } = await server.hub.publish("a", { data: 0 });
    const first = openTab(server.url);
    first.hear("a");
    await live(first.tidings);
    await server.hub.publish("a", { data: 1 });
    const store = Promise.withResolvers<string>();
    const second = openTab(server.url, { cursorStore: { load: () => store.promise, save: () => undefined } });
    second.hear("a");
    await server.hub.publish("a", { data: 2 });
    await expect.poll(() => first.heard).toEqual([1, 2]);
    store.resolve(id);
    await expect.poll(() => second.heard).toEqual([1, 2]);
  });
});

test("a leader that did not hear of a topic goes on without it: who wants it misses nothing", async () => {
  const server = await startHub();
  const first = openTab(server.url);
  first.hear("a");
  await live(first.tidings);
  // What is told to who sleeps may be lost.
  let asleep = false;
  const Channel = BroadcastChannel;
  onTestFinished(() => void (globalThis.BroadcastChannel = Channel));
  globalThis.BroadcastChannel = class extends Channel {
    override addEventListener(type: string, heard: EventListenerOrEventListenerObject): void {
      super.addEventListener(type, (event) => asleep || (heard as EventListener)(event));
    }
  };
  const second = openTab(server.url);
  globalThis.BroadcastChannel = Channel;
  second.hear("a");
  await live(second.tidings);
  const third = openTab(server.url);
  third.hear("a");
  await live(third.tidings);
  asleep = true;
  third.hear("b");
  await expect.poll(() => server.requests.filter((request) => request.startsWith("PATCH")).length).toBe(1);
  await server.hub.publish("b", { data: 1 });
  await expect.poll(() => third.heard).toEqual([1]);
  asleep = false;
  first.tidings.close();
  await server.hub.publish("b", { data: 2 });
  await server.hub.publish("b", { data: 3 });
  await expect.poll(() => role(second)).toBe("leader");
  await expect.poll(() => third.heard).toEqual([1, 2, 3]);
});

test("a tab that was told nothing yet takes over: the others miss nothing", async () => {
  let slow = false;
  const server = await startHub({
    before(req, res) {
      if (!slow || req.headers["last-event-id"] !== undefined) return false;
      slow = false;
      // Time for events that its stream does not bring.
      setTimeout(() => res.writeHead(503, { "Retry-After": "0" }).end(), 200);
      return true;
    },
  });
  const tabs = [openTab(server.url), openTab(server.url)];
  for (const tab of tabs) {
    tab.hear("a");
    await live(tab.tidings);
  }
  const { locks } = navigator;
  const request = locks.request.bind(locks);
  let stolen = false;
  const steal = vi.spyOn(locks, "request").mockImplementation(((name: string, how: LockOptions, held: never) => {
    const steals = !stolen && name.endsWith("events ");
    stolen ||= steals;
    return request(name, steals ? { steal: true } : how, held);
  }) as typeof locks.request);
  onTestFinished(() => steal.mockRestore());
  slow = true;
  const thief = openTab(server.url);
  thief.hear("a");
  for (let n = 0; n < 50; n++) {
    await server.hub.publish("a", { data: n });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(role(thief)).toBe("leader");
  await server.hub.publish("a", { data: 50 });
  for (const { heard } of tabs) await expect.poll(() => heard).toEqual(run(51));
});

describe.each(["locks", "channels"])("without access to %s", (what) => {
  test("a tab has a connection of its own", async () => {
    const denied = new DOMException("The site has no storage", "SecurityError");
    const spy =
      what === "locks"
        ? vi.spyOn(navigator.locks, "request").mockRejectedValue(denied)
        : vi.spyOn(globalThis, "BroadcastChannel").mockImplementation(function deny() {
            throw denied;
          });
    onTestFinished(() => spy.mockRestore());
    const server = await startHub();
    const tabs = [openTab(server.url), openTab(server.url)];
    for (const tab of tabs) tab.hear("a");
    for (const tab of tabs) await live(tab.tidings);
    expect(tabs.map(role)).toEqual(["alone", "alone"]);
    await server.hub.publish("a", { data: 1 });
    for (const tab of tabs) await expect.poll(() => tab.heard).toEqual([1]);
    tabs[0]?.hide();
    tabs[0]?.show();
    await server.hub.publish("a", { data: 2 });
    for (const tab of tabs) await expect.poll(() => tab.heard).toEqual([1, 2]);
  });
});

test("topics may change while the page is away", async () => {
  const server = await startHub();
  const tab = openTab(server.url, { linger: 0 });
  tab.hear("a");
  const stop = tab.hear("b");
  await live(tab.tidings);
  tab.hide();
  stop();
  tab.hear("c");
  await new Promise((resolve) => setTimeout(resolve, 20));
  tab.show();
  await live(tab.tidings);
  await server.hub.publish("a", { data: 1 });
  await server.hub.publish("c", { data: 2 });
  await expect.poll(() => tab.heard).toEqual([1, 2]);
});

test("a closed tab does nothing more, when it is closed by who hears its status too", async () => {
  const server = await startHub();
  const first = openTab(server.url);
  first.hear("a");
  await live(first.tidings);
  const second = openTab(server.url);
  second.tidings.status.subscribe(() => second.tidings.close());
  second.hear("a");
  await expect.poll(() => second.tidings.status.getSnapshot().state).toBe("closed");
  first.tidings.close();
  for (const { tidings } of [first, second]) {
    tidings.reconnect();
    tidings.logout();
  }
  await expect.poll(async () => (await navigator.locks.query()).held).toEqual([]);
});
