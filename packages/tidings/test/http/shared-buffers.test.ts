import { Readable } from "node:stream";

import { describe, expect, onTestFinished, test } from "vitest";

import { createHub, type Hub } from "../../src/index.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** A subscriber that holds on to every buffer it was handed, beside a copy of what was in it. */
class Holder {
  readonly held: { readonly bytes: Uint8Array; readonly copy: string }[] = [];
  readonly frames: Frame[] = [];
  readonly #parser = new FrameReader();
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    if (response.body === null) throw new Error("No body");
    this.#reader = response.body.getReader();
    void this.#read();
  }

  get data(): (string | undefined)[] {
    return this.frames.filter(isPublished).map((frame) => frame.data);
  }

  /** The buffers that are not any more what they were. */
  get harmed(): number {
    return this.held.filter(
      ({ bytes, copy }) => bytes.byteLength === 0 || Buffer.from(bytes).toString("latin1") !== copy,
    ).length;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.held.push({ bytes: value, copy: Buffer.from(value).toString("latin1") });
      this.frames.push(...this.#parser.read(value));
    }
  }
}

function hubOf(): Hub {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

/** Events alone and in bursts, small and large. */
async function publish(hub: Hub, rounds: number): Promise<string[]> {
  const sent: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const burst = Array.from(
      { length: 1 + (round % 5) },
      (_, n) => `${round}.${n} grüße ${"x".repeat((round * 997) % 20_000)}`,
    );
    await hub.publishBatch(burst.map((data) => ({ topic: "a", data })));
    sent.push(...burst);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

test("many subscribers by fetch and over sockets get the same buffers, which nothing changes or detaches", async () => {
  const hub = hubOf();
  const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"] }));
  const holders = await Promise.all(
    Array.from({ length: 60 }, async () => new Holder(await hub.fetch(request(), { topics: ["a"] }))),
  );
  const connections = await Promise.all(Array.from({ length: 20 }, () => dial(port, get("/"))));
  const http = await Promise.all(connections.map((connection) => connection.until(/tidings:live/)));
  const sent = await publish(hub, 60);
  // One who comes later, and is sent the same frames again.
  const late = new Holder(await hub.fetch(request(), { topics: ["a"], from: "earliest" }));
  await expect.poll(() => [...holders, late].every(({ data }) => data.length === sent.length)).toBe(true);
  await Promise.all(
    http.map((connection) => connection.until(({ frames }) => frames.filter(isPublished).length === sent.length)),
  );
  for (const { data } of [...holders, late]) expect(data).toEqual(sent);
  for (const { frames } of http) expect(frames.filter(isPublished).map(({ data }) => data)).toEqual(sent);
  for (const { harmed, held } of [...holders, late]) expect([harmed, held.length > 10]).toEqual([0, true]);
  // They are shared indeed: what one was handed, another was handed too.
  const [one, other] = holders.map(({ held }) => new Set(held.map(({ bytes }) => bytes)));
  expect(one?.intersection(other ?? new Set()).size).toBeGreaterThan(10);
});

/** What may be done with a body that takes nothing away from others. */
const HARMLESS: readonly {
  readonly what: string;
  readonly consume: (response: Response, hub: Hub) => Promise<unknown>;
}[] = [
  { what: "reads all of it with arrayBuffer()", consume: (response) => response.arrayBuffer() },
  {
    what: "reads all of it with bytes, and changes them",
    consume: async (response) => new Uint8Array(await response.arrayBuffer()).fill(0),
  },
  { what: "reads all of it with text()", consume: (response) => response.text() },
  {
    what: "clones the response and reads both",
    consume: (response) => Promise.all([response.clone().arrayBuffer(), response.arrayBuffer()]),
  },
  {
    what: "tees the body and reads both",
    consume: (response) =>
      Promise.all((response.body as Body).tee().map((branch) => new Response(branch).arrayBuffer())),
  },
  {
    what: "pipes it through a decoder",
    consume: (response) => drain((response.body as Body).pipeThrough(new TextDecoderStream())),
  },
  {
    what: "pipes it through a compressor",
    consume: (response) => drain((response.body as Body).pipeThrough(new CompressionStream("gzip"))),
  },
  { what: "wraps it into another response", consume: (response) => new Response(response.body).arrayBuffer() },
  {
    what: "sends it on as the body of a request",
    consume: (response) =>
      new Request("http://x.test", {
        method: "POST",
        body: response.body,
        duplex: "half",
      } as RequestInit).arrayBuffer(),
  },
  {
    what: "transfers the stream as a whole",
    consume: (response) =>
      new Response(structuredClone(response.body, { transfer: [response.body as Body] })).arrayBuffer(),
  },
  {
    what: "makes a stream of Node's out of it",
    consume: async (response) =>
      await Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]).toArray(),
  },
  {
    what: "hands copies of the chunks to another thread",
    consume: async (response) => {
      for await (const chunk of response.body as Body) structuredClone(chunk);
    },
  },
];

async function drain(stream: ReadableStream): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

describe("a consumer in the same process", () => {
  test.for(HARMLESS)("that $what harms nobody", async ({ consume }) => {
    const hub = createHub();
    const holder = new Holder(await hub.fetch(request(), { topics: ["a"] }));
    const consuming = consume(await hub.fetch(request(), { topics: ["a"] }), hub);
    const sent = await publish(hub, 20);
    await expect.poll(() => holder.data.length).toBe(sent.length);
    const late = new Holder(await hub.fetch(request(), { topics: ["a"], from: "earliest" }));
    await expect.poll(() => late.data.length).toBe(sent.length);
    await hub.close();
    await consuming;
    expect(holder.data).toEqual(sent);
    expect(late.data).toEqual(sent);
    expect([holder.harmed, late.harmed]).toEqual([0, 0]);
  });

  test("cannot read into buffers of its own: that would detach ours", async () => {
    const hub = hubOf();
    const response = await hub.fetch(request(), { topics: ["a"] });
    expect(() => response.body?.getReader({ mode: "byob" })).toThrow(TypeError);
    const stream = new Stream(response);
    await stream.live();
    await stream.cancel();
  });
});
