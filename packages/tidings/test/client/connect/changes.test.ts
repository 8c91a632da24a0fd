import { expect, onTestFinished, test, vi } from "vitest";

import { Chance } from "../../../../harness/src/chance.ts";
import { client, count, live, startHub } from "./hub-server.ts";

const TOPICS = Array.from({ length: 12 }, (_, n) => `t/${n}`);

test.each([true, false])(
  "topics come and go 1,000 times at random while events flow: each handler hears a run without a hole (changes: %s)",
  { timeout: 60_000 },
  async (changes) => {
    const seed = Date.now();
    const chance = new Chance(seed);
    const server = await startHub({ changes, maxTopics: 1_000 });
    const tidings = client(server.url, { linger: 5 });
    const clock: number[] = [];
    tidings.onAny<number>("clock", ({ data }) => clock.push(data));
    await live(tidings);

    let n = 0;
    const flowing = { on: true };
    const flow = (async () => {
      for (; flowing.on; n++) {
        await server.hub.publishBatch([...TOPICS, "clock"].map((topic) => ({ topic, data: n })));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();

    /** What each handler heard, and the number that was out when it ended. */
    const lives: { readonly heard: number[]; ended: number | undefined; readonly topic: string; end(): void }[] = [];
    const open = new Set<(typeof lives)[number]>();
    for (let step = 0; step < 1_000; step++) {
      if (open.size > 0 && chance.happens(0.5)) {
        const one = chance.pick([...open]);
        open.delete(one);
        one.end();
        one.ended = one.heard.length;
      } else {
        const topic = chance.pick([...TOPICS, "t/*"]);
        const heard: number[] = [];
        const end = tidings.onAny<number>(topic, ({ data, topic: of }) => {
          if (topic !== "t/*" || of === "t/0") heard.push(data);
        });
        const life = { heard, ended: undefined, topic, end };
        lives.push(life);
        open.add(life);
      }
      if (chance.happens(0.3)) await new Promise((resolve) => setTimeout(resolve, chance.between(0, 4)));
      if (chance.happens(0.005)) server.cut();
    }
    // Whoever is there still hears all up to the end.
    const before = n;
    await expect.poll(() => (clock.at(-1) ?? 0) > before + 20, { timeout: 20_000 }).toBe(true);
    flowing.on = false;
    await flow;
    await expect.poll(() => clock.at(-1), { timeout: 20_000 }).toBe(n - 1);
    await expect.poll(() => [...open].every(({ heard }) => heard.at(-1) === n - 1), { timeout: 20_000 }).toBe(true);
    for (const { heard, ended, topic } of lives) {
      const start = heard[0] ?? 0;
      expect(heard, `seed ${seed}, ${topic}`).toEqual(heard.map((_, index) => start + index));
      if (ended !== undefined) expect(heard.length, "nothing after the end").toBe(ended);
    }
    expect(clock, `seed ${seed}`).toEqual(clock.map((_, index) => (clock[0] ?? 0) + index));
    expect(tidings.inspect()).toMatchObject({ gaps: 0, resets: 0 });
    await expect.poll(() => server.hub.stats().subscribers).toBe(1);
    if (changes) expect(count(server, "PATCH")).toBeGreaterThan(10);
  },
);

test("a topic that the hub does not take is told to who asked for it, and the others go on", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const heard: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data));
  await live(tidings);
  const errors: unknown[] = [];
  tidings.onAny("bad\u0001topic", () => undefined, { onError: ({ problem }) => errors.push(problem?.code) });
  tidings.onAny("b", ({ data }) => heard.push(data));
  await expect.poll(() => errors).toEqual(["bad-topic"]);
  await expect.poll(() => count(server, "PATCH")).toBe(3);
  await expect.poll(() => tidings.inspect().topics).toEqual({ a: 1, b: 1 });
  await server.hub.publish("a", { data: 1 });
  await server.hub.publish("b", { data: 2 });
  await expect.poll(() => heard).toEqual([1, 2]);
  expect(count(server, "GET")).toBe(1);
});

test("many changes in one go are one request", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  tidings.onAny("a", () => undefined);
  await live(tidings);
  for (let n = 0; n < 20; n++) tidings.onAny(`b/${n}`, () => undefined);
  await expect.poll(() => count(server, "PATCH")).toBe(1);
  const heard: unknown[] = [];
  tidings.onAny("b/19", ({ data }) => heard.push(data), { from: "last:1" });
  await server.hub.publish("b/19", { data: 1 });
  await expect.poll(() => heard).toEqual([1]);
  expect(count(server, "PATCH")).toBe(1);
});

test.each([true, false])(
  "of several topics that are asked for at once the hub refuses two: the others go on (changes: %s)",
  async (changes) => {
    const server = await startHub({
      changes,
      before(req, res) {
        const refuses = req.method === "GET" && req.url?.includes("%24") === true;
        if (refuses) res.writeHead(400).end();
        return refuses;
      },
    });
    const tidings = client(server.url);
    const heard: unknown[] = [];
    const told: unknown[] = [];
    for (const topic of ["a", "$x", "b", "$y", "c"]) {
      tidings.onAny(topic, ({ data }) => heard.push(data), { onError: ({ status }) => told.push([topic, status]) });
    }
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => void vi.restoreAllMocks());
    const iterator = tidings.subscribe(["b", "$y"])[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ status: 400 });
    await live(tidings);
    await expect.poll(() => server.hub.stats().subscribers).toBe(1);
    await expect.poll(() => told.length).toBe(2);
    expect(told).toEqual([
      ["$x", 400],
      ["$y", 400],
    ]);
    await expect
      .poll(async () => {
        for (const [data, topic] of ["a", "b", "c"].entries()) await server.hub.publish(topic, { data });
        return new Set(heard).size;
      })
      .toBe(3);
    // The next connection has all at once.
    const before = server.requests.length;
    tidings.reconnect();
    await expect.poll(() => server.requests.length).toBe(before + 1);
    expect(server.requests.at(-1)).toContain("topic=a&topic=b&topic=c");
  },
);

test("a topic that was given up is begun again from then on, without a stream of its own", async () => {
  const server = await startHub();
  const tidings = client(server.url, { linger: 0 });
  tidings.onAny("keep", () => undefined);
  const first: unknown[] = [];
  const second: unknown[] = [];
  const stop = tidings.onAny("a", ({ data }) => first.push(data));
  await live(tidings);
  await server.hub.publish("a", { data: 1 });
  await expect.poll(() => first).toEqual([1]);
  const { cursor } = tidings.inspect();
  stop();
  // The stream has come to the change.
  await expect.poll(() => tidings.inspect().cursor !== cursor && count(server, "PATCH")).toBe(1);
  await server.hub.publish("a", { data: 2 });
  tidings.onAny("a", ({ data }) => second.push(data));
  await expect.poll(() => count(server, "PATCH")).toBe(2);
  await server.hub.publish("a", { data: 3 });
  await expect.poll(() => second).toEqual([3]);
  expect(count(server, "GET")).toBe(1);
});
