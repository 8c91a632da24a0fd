import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exactGap } from "../exact-gap.ts";
import { createDataWriter, monotonicMicros } from "../hub/event-data.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { isComplete } from "./report.ts";

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const write = createDataWriter(40);

/** A cursor as a hub makes them: event n has the offset n + 1. */
const cursor = (offset: number): string => `epoch-${offset}-tag${offset}`;
const opening = `id: ${cursor(0)}\nevent: tidings:cursor\ndata: {}\n\n`;
const live = `id: ${cursor(0)}\nevent: tidings:live\ndata:\n\n`;
const event = (sequence: number): string =>
  `id: ${cursor(sequence + 1)}\ntopic: t\ndata: ${write(sequence, monotonicMicros())}\n\n`;
const events = (...sequences: number[]): string => sequences.map(event).join("");
const gap = (after: number, through: number): string =>
  `id: ${cursor(through)}\nevent: tidings:gap\ndata: ${JSON.stringify({ reason: "evicted", after: cursor(after), through: cursor(through) })}\n\n`;

describe("the clients of the scenarios", () => {
  let fleet: Fleet;
  let groups = 0;

  beforeAll(async () => {
    fleet = await startFleet(undefined, {});
  });
  afterAll(() => fleet.stop());

  /** Opens one stream at a server that sends these bytes to each connection, piece by piece, and ends it. */
  async function told(...connections: readonly (readonly string[])[]): Promise<string> {
    const group = `group-${++groups}`;
    let served = 0;
    const server = createServer({ noDelay: true }, (socket: Socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (request) => {
        asked.push(/^Last-Event-ID: (.*)\r$/m.exec(request.toString())?.[1]);
        void sendAll(socket, [head, ...(connections[served++] ?? [])]);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await fleet.open(group, { port, path: "/", count: 1 });
    for (let ended = 1; ended <= connections.length; ended++) {
      if (ended > 1) await fleet.reconnect(group);
      await fleet.until(group, ({ lives, endedByPeer }) => lives === ended && endedByPeer === 1, 10_000);
    }
    server.close();
    return group;
  }
  const asked: (string | undefined)[] = [];

  it("find everything in order, wherever it is cut into pieces", async () => {
    const whole = opening + live + events(0, 1, 2, 3, 4);
    for (let at = 1; at < whole.length; at += 37) {
      const report = await fleet.report(await told([whole.slice(0, at), whole.slice(at)]));
      expect(report).toMatchObject({ events: 5, lives: 1, lost: 0, doubled: 0, wrong: 0, gaps: 0, leastNext: 5 });
      expect(isComplete(report, 5)).toBe(true);
      expect(isComplete(report, 6)).toBe(false);
    }
  });

  it.each([
    ["missing at the beginning", events(1, 2, 3), { lost: 1, doubled: 0 }],
    ["missing in between", events(0, 1, 4), { lost: 2, doubled: 0 }],
    ["twice", events(0, 1, 1, 2), { lost: 0, doubled: 1 }],
    ["late", events(0, 2, 1), { lost: 1, doubled: 1 }],
    ["under another event's id", events(0).replace("epoch-1-", "epoch-9-"), { wrong: 1 }],
  ])("notice an event that is %s", async (_, stream, found) => {
    expect(await fleet.report(await told([opening + live + stream]))).toMatchObject(found);
  });

  it("take a gap that is exact, and no other", async () => {
    const group = await told([opening + live + events(0, 1) + gap(2, 5) + events(5, 6)]);
    expect(await fleet.report(group)).toMatchObject({ gaps: 1, lost: 0, doubled: 0, wrong: 0, leastNext: 7 });
    const [stream] = await fleet.streams(group);
    expect(stream?.gaps).toMatchObject([{ reason: "evicted", after: cursor(2), had: cursor(2), first: 5 }]);
    if (stream === undefined) return;
    expect(exactGap(stream, 0, 0)).toBe(true);
    // The event after it is younger than that: it was passed over while others of its age were still there.
    expect(exactGap(stream, 60_000, 2)).toBe(false);

    const early = await told([opening + live + events(0, 1) + gap(1, 5) + events(5)]);
    expect((await fleet.streams(early)).map((one) => exactGap(one, 0, 0))).toEqual([false]);
    const late = await told([opening + live + events(0, 1) + gap(3, 5) + events(5)]);
    expect(await fleet.report(late)).toMatchObject({ wrong: 1 });
    const short = await told([opening + live + events(0, 1) + gap(2, 5) + events(6)]);
    expect(await fleet.report(short)).toMatchObject({ lost: 1 });
  });

  it("come back with the id that they had, and go on checking", async () => {
    asked.length = 0;
    const group = await told([opening + live + events(0, 1)], [live + events(3)]);
    expect(asked).toEqual([undefined, cursor(2)]);
    expect(await fleet.report(group)).toMatchObject({ lives: 2, lost: 1, leastNext: 4 });
  });

  it("count an answer that is no stream as refused", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")).listen(0);
    await once(server, "listening");
    await fleet.open("refused", { port: (server.address() as AddressInfo).port, path: "/", count: 3 });
    const report = await fleet.until("refused", ({ refused }) => refused === 3, 10_000);
    expect(report).toMatchObject({ refused: 3, open: 0 });
    server.close();
  });
});

async function sendAll(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    // Each is to arrive alone.
    await new Promise((resolve) => socket.write(piece, resolve));
    await new Promise(setImmediate);
  }
  socket.end();
}
