import { expect, test } from "vitest";

import { dial, get, type Connection } from "../../http/connection.ts";
import { serve } from "./application.ts";

const SCRIPTS: readonly (readonly string[])[] = [
  ...Array.from({ length: 8 }, () => [get("/events")]),
  [],
  [get("/events").slice(0, 20), get("/events").slice(20)],
  [get("/events?wait")],
  [get("/events?deny"), get("/events")],
  [get("/x"), get("/events")],
  [get("/slow") + get("/events")],
  ["rubbish\r\n\r\n"],
  [get("/events"), get("/events")],
  [get("/events") + get("/x")],
  ["POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"],
];

const LEAVINGS: readonly ((connection: Connection) => void)[] = [
  ({ socket }) => void socket.destroy(),
  ({ socket }) => void socket.resetAndDestroy(),
  ({ socket }) => void socket.end(() => socket.destroy()),
];

/** A small generator of random numbers in [0, 1), the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const someTurns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

test.for(["/events", "/"])(
  "fifteen hundred clients that do what they like and leave when they like, while events are published: nothing is left (%s)",
  { timeout: 60_000 },
  async (lean) => {
    const { port, hub, streams, connections, release } = await serve({ lean });
    const random = randomFrom(42);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    const publishing = setInterval(() => void hub.publish("a", { data: "tick" }), 2);
    const one = async (): Promise<void> => {
      const script = pick(SCRIPTS);
      const leave = pick(LEAVINGS);
      const steps = Math.floor(random() * (script.length + 2));
      const pauses = Array.from({ length: steps + 1 }, () => Math.floor(random() * 20));
      const connection = await dial(port);
      for (const [n, pause] of pauses.entries()) {
        if (!connection.over) connection.send(script[n] ?? "");
        await someTurns(pause);
      }
      leave(connection);
    };
    for (let n = 0; n < 1_500; n += 50) await Promise.all(Array.from({ length: 50 }, one));
    release();
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    clearInterval(publishing);
    await expect.poll(() => streams.filter(({ end }) => end === undefined).length).toBe(0);
    expect(hub.stats().subscribers).toBe(0);
    expect(streams.filter((stream) => stream.lean).length).toBeGreaterThan(100);
    expect(streams.filter((stream) => !stream.lean).length).toBeGreaterThan(20);
  },
);
