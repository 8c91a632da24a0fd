import { describe, expect, test } from "vitest";
import { createFront } from "../../src/http/index.ts";
import { createHub, sse, type SseSource } from "../../src/index.ts";
import { request, Stream } from "../stream.ts";

describe("in a route of the embedder's own", () => {
  test("the query may hold what it likes, and a cursor that cannot be decoded gets a reset", async () => {
    const hub = createHub();
    for (const query of ["?q=100%", "?q=%ff", "?lastEventId=%ff", "?lastEventId=%&from=now"]) {
      const stream = new Stream(await hub.fetch(request(undefined, query), { topics: ["a"] }));
      const frames = await stream.live();
      expect(frames.some(({ event }) => event === "tidings:reset")).toBe(query.includes("lastEventId"));
      await stream.cancel();
    }
    await hub.close();
  });

  test("`from` in the query is the client's only where nobody has decided it", async () => {
    const hub = createHub();
    const asked = request(undefined, "?from=2024-01-01");
    expect((await hub.fetch(asked, { topics: ["a"] })).status).toBe(400);
    for (const decided of [{ from: "now" } as const, { snapshot: () => [] }]) {
      const response = await hub.fetch(asked, { topics: ["a"], ...decided });
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
    await hub.close();
  });
});

test("a front refuses a topic that cannot be decoded, but never a cursor", async () => {
  const hub = createHub();
  const front = createFront(hub);
  const refused = await front.fetch(new Request("http://hub.test/events?topic=%ff"));
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: "malformed" }]);
  const stream = new Stream(await front.fetch(new Request("http://hub.test/events?topic=a&lastEventId=%ff")));
  expect((await stream.live()).map(({ event }) => event)).toContain("tidings:reset");
  await hub.close();
});

test("a batch that is refused says which event it is for", async () => {
  const hub = createHub();
  const front = createFront(hub);
  const bodies = [
    '[{"data":1},{"data":2,"event":""},{"data":3}]',
    '[{"data":1},{"topic":"a"},{"data":3}]',
    '[{"data":1},{"data":2,"topics":"a"},{"data":3}]',
  ];
  for (const body of bodies) {
    const headers = { "Content-Type": "application/json" };
    const refused = await front.fetch(new Request("http://hub.test/publish", { method: "POST", headers, body }));
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { detail: expect.stringMatching(/\(event 2 of 3\)$/) as string },
    ]);
  }
  await hub.close();
});

describe("the source of a stream without a hub", () => {
  test("may be a function that answers a promise of an iterable", async () => {
    const stream = new Stream(sse(request(), async () => ["one", { data: "two" }]));
    expect((await stream.events(2)).map(({ data }) => data)).toEqual(["one", "two"]);
  });

  test.each<unknown>(["text", 5, undefined, () => undefined, () => "text"])(
    "is told when it is none: %s",
    async (source) => {
      const errors: unknown[] = [];
      const stream = new Stream(sse(request(), source as SseSource, { onError: (error) => errors.push(error) }));
      await stream.until(() => false);
      expect(errors).toMatchObject([{ code: "bad-option" }]);
    },
  );
});
