import { get as ask, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { once } from "node:events";

import { describe, expect, onTestFinished, test } from "vitest";

import { createHub } from "../../../src/node/entry.ts";
import { leanConnections } from "../../../src/node/index.ts";
import { isPublished } from "../../frames.ts";
import { dial, get, type Connection } from "../../http/connection.ts";
import { listen } from "../../http/node-server.ts";
import { serve, type Application } from "./application.ts";

/** Opens a stream and waits until it is live. */
async function open({ port }: Application, path = "/events"): Promise<Connection> {
  const connection = await dial(port, get(path));
  return await connection.until(/\nevent: tidings:live\n[^]*\n\n/);
}

const LEAVINGS: readonly [string, (connection: Connection) => void][] = [
  ["by a FIN", ({ socket }) => void socket.end()],
  ["by a reset", ({ socket }) => void socket.resetAndDestroy()],
];

/** Waits until the stream has ended, and the server's code knows how. */
async function ended({ streams }: Application): Promise<void> {
  await expect.poll(() => streams[0]?.end).toBe("client");
}

describe("a lean stream", () => {
  test("has the head and the frames of any other, and Node's exchange is over when it has begun", async () => {
    const application = await serve({ lean: "/events" });
    const plain = await serve();
    const [one, other] = await Promise.all([open(application), open(plain)]);
    expect(application.streams).toMatchObject([{ lean: true }]);
    expect(plain.streams).toMatchObject([{ lean: false }]);
    const head = (connection: Connection): string => connection.head.replace(/Date: .*/, "");
    expect(head(one)).toBe(head(other));
    expect(one.frames.map(({ event }) => event)).toEqual(other.frames.map(({ event }) => event));
    expect(application.log).toEqual(["GET /events", "response finish", "response close"]);
    const { id } = await application.hub.publish("a", { data: "grüße" });
    await one.until(({ frames }) => frames.some(isPublished));
    expect(one.frames.at(-1)).toMatchObject({ id, data: "grüße" });
  });

  test("is read by Node's own client and by fetch, to its end", async () => {
    const application = await serve({ lean: "/events" });
    const url = `http://127.0.0.1:${application.port}/events`;
    const [response] = (await once(ask(url), "response")) as [IncomingMessage];
    let read = "";
    response.on("data", (bytes: Buffer) => (read += String(bytes)));
    const fetched = await fetch(url);
    await expect.poll(() => application.hub.stats().subscribersByState.live).toBe(2);
    await application.hub.publish("a", { data: "hello" });
    await application.hub.close();
    expect(await fetched.text()).toContain("data: hello\n");
    if (!response.complete) await once(response, "end");
    expect(response.complete).toBe(true);
    expect(read).toContain("data: hello\n");
    expect(application.streams).toMatchObject([{ lean: true }, { lean: true }]);
  });

  test("may be in gzip", async () => {
    const application = await serve({ lean: "/events" });
    const connection = await dial(application.port, get("/events", { "Accept-Encoding": "gzip" }));
    await connection.until(/Content-Encoding: gzip\r\n/);
    expect(application.streams).toMatchObject([{ lean: true }]);
  });

  test("may come after other requests, and after the server's code has waited", async () => {
    const application = await serve({ lean: "/" });
    const connection = await dial(application.port);
    for (const [path, answer] of [
      ["/1", /GET \/1$/],
      ["/events?deny", /who are you$/],
      ["/big", /bbb!$/],
    ] as const) {
      connection.send(get(path));
      await connection.until(answer);
    }
    connection.send(get("/events?wait"));
    await expect.poll(() => application.log.at(-1)).toBe("GET /events?wait");
    application.release();
    await connection.until(/event: tidings:live\n/);
    expect(application.streams).toMatchObject([{ lean: true }]);
  });

  test.for(LEAVINGS)("is over when its client leaves %s", async ([, leave]) => {
    const application = await serve({ lean: "/events" });
    const connection = await open(application);
    leave(connection);
    await ended(application);
    expect(application.streams).toMatchObject([{ lean: true, end: "client" }]);
    await connection.ended();
    await expect.poll(() => application.connections()).toBe(0);
    expect(application.hub.stats().closed.client).toBe(1);
  });

  test("that the server's code opens too late ends all the same", async () => {
    for (const lean of [undefined, "/events"]) {
      const application = await serve({ lean });
      const connection = await dial(application.port, get("/events?wait"));
      await expect.poll(() => application.log).toHaveLength(1);
      connection.socket.destroy();
      await expect.poll(() => application.connections()).toBe(0);
      application.release();
      await ended(application);
      expect(application.streams).toEqual([{ lean: false, end: "client" }]);
    }
  });

  test("gets everything in order after it did not read for a while", async () => {
    const application = await serve({ lean: "/events" });
    const { hub } = application;
    const connection = await open(application);
    connection.socket.pause();
    const sent: string[] = [];
    while (hub.stats().subscribersByState.catchingUp === 0) {
      sent.push(`${sent.length} ${"x".repeat(60_000)}`);
      await hub.publish("a", { data: sent.at(-1) ?? "" });
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.socket.resume();
    await expect.poll(() => connection.frames.filter(isPublished).length, { timeout: 20_000 }).toBe(sent.length);
    const numbers = connection.frames.filter(isPublished).map(({ data = "" }) => Number.parseInt(data, 10));
    expect(numbers).toEqual(sent.map((_, n) => n));
    expect(application.streams).toMatchObject([{ lean: true, end: undefined }]);
  });

  test("that is aborted while its client does not read gets all that it was sent before", async () => {
    const hub = createHub();
    const controller = new AbortController();
    const listener: RequestListener = (req, res) =>
      void hub.serve(req, res, { topics: ["a"], signal: controller.signal });
    const { port } = await listen(listener, {}, leanConnections);
    const connection = await (await dial(port, get("/"))).until(/event: tidings:live\n/);
    connection.socket.pause();
    while (hub.stats().subscribersByState.catchingUp === 0) {
      await hub.publish("a", { data: "x".repeat(60_000) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    controller.abort();
    connection.socket.resume();
    await connection.ended();
    expect(connection.socket.readableEnded).toBe(true);
    expect(connection.frames.filter(isPublished)).toHaveLength(hub.stats().delivered);
    await hub.close({ drain: 0 });
  });

  test("is not cut by the server's time limits", async () => {
    // Long enough for a busy machine to read a head in.
    const limits = { headersTimeout: 2_000, requestTimeout: 2_000, keepAliveTimeout: 500 };
    const options = { ...limits, connectionsCheckingInterval: 20 };
    const sockets: Socket[] = [];
    const setup = (server: Server): void => {
      server.timeout = 2_000;
      server.on("connection", (socket) => sockets.push(socket));
    };
    const application = await serve({ lean: "/events", options, setup });
    const connection = await open(application);
    expect(sockets[0]?.timeout).toBe(0);
    // Longer than any of them: another connection is cut by them meanwhile.
    const silent = await dial(application.port);
    await silent.ended();
    const half = await dial(application.port, "GET /events");
    await half.ended();
    await application.hub.publish("a", { data: "still here" });
    await connection.until(/data: still here\n/);
  });
});

describe("a client that goes on sending", () => {
  test.for([
    ["a request", get("/other")],
    ["half a request", "GET"],
    ["anything", "\0"],
  ])("%s is cut off, and nothing is answered", async ([, bytes = ""]) => {
    const application = await serve({ lean: "/events" });
    const connection = await open(application);
    connection.send(bytes);
    await connection.ended();
    await ended(application);
    expect(application.log[0]).toBe("GET /events");
    expect(application.log.filter((each) => each.startsWith("GET"))).toHaveLength(1);
    expect(connection.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("blank lines is let be, but not for ever", async () => {
    const application = await serve({ lean: "/events" });
    const connection = await open(application);
    connection.send("\r\n");
    await application.hub.publish("a", { data: "still here" });
    await connection.until(/data: still here\n/);
    let sent = 2;
    const sending = setInterval(() => {
      if (!connection.over) connection.send("\r\n".repeat(1_000));
      sent += 2_000;
    }, 1);
    onTestFinished(() => clearInterval(sending));
    await connection.ended();
    await ended(application);
    expect(sent).toBeGreaterThan(60_000);
  });
});
