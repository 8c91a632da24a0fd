import { expect, test } from "vitest";

import { client, live, startHub } from "./hub-server.ts";

test("an iterator yields the events of its topics in order, and ends when it is left", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const iterator = tidings.subscribe<number>(["a", "b"], { buffer: 3_000 });
  await live(tidings);
  for (let n = 0; n < 3_000; n += 100) {
    await server.hub.publishBatch(
      Array.from({ length: 100 }, (_, index) => ({ topic: index % 2 === 0 ? "a" : "b", data: n + index })),
    );
  }
  const taken: number[] = [];
  for await (const { data } of iterator) if (taken.push(data) === 3_000) break;
  expect(taken).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

test("events wait in a buffer, and more than it takes are told by an error after them", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const iterator = tidings.subscribe<number>("a", { buffer: 3 });
  const other = tidings.subscribe<number>("a");
  await live(tidings);
  await server.hub.publishBatch(Array.from({ length: 5 }, (_, n) => ({ topic: "a", data: n })));
  const all: number[] = [];
  for await (const { data } of other) if (all.push(data) === 5) break;
  expect(all).toEqual([0, 1, 2, 3, 4]);
  const taken: number[] = [];
  const failure = await (async () => {
    for await (const { data } of iterator) taken.push(data);
  })().catch((error: unknown) => error);
  expect(taken).toEqual([0, 1, 2]);
  expect(failure).toMatchObject({ code: "overflow" });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  await expect.poll(() => tidings.inspect().topics).toEqual({});
});

test("a pending next is answered when the iterator is returned from, aborted, or the client closed", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const done = { done: true, value: undefined };
  const returned = tidings.subscribe("a");
  const next = returned.next();
  expect(await returned.return?.()).toEqual(done);
  expect(await next).toEqual(done);

  const ended = new AbortController();
  const aborted = tidings.subscribe("a", { signal: ended.signal });
  const pending = [aborted.next(), aborted.next()];
  ended.abort();
  expect(await Promise.all(pending)).toEqual([done, done]);

  const open = tidings.subscribe("a");
  const last = open.next();
  tidings.close();
  expect(await last).toEqual(done);
  expect(await tidings.subscribe("a").next()).toEqual(done);
  expect(tidings.inspect().topics).toEqual({});
});

test("a loop that breaks, throws or disposes gives its topic up", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const heard: unknown[] = [];
  const take = async (leave: () => void): Promise<void> => {
    for await (const { data } of tidings.subscribe("a")) {
      heard.push(data);
      leave();
      break;
    }
  };
  const broken = take(() => undefined);
  const thrown = take(() => {
    throw new Error("Enough");
  }).catch(String);
  await live(tidings);
  await server.hub.publish("a", { data: 1 });
  expect(await Promise.all([broken, thrown])).toEqual([undefined, "Error: Enough"]);
  expect(heard).toEqual([1, 1]);
  {
    await using iterator = tidings.subscribe("a");
    expect(tidings.inspect().topics).toEqual({ a: 1 });
    void iterator;
  }
  expect(tidings.inspect().topics).toEqual({});
});
