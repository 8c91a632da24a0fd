import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { dial, get, type Connection } from "../../http/connection.ts";
import { serve, type Application } from "./application.ts";

const LIVE = /event: tidings:live\n/;

interface Clients {
  readonly stream: Connection;
  readonly idle: Connection;
  readonly idleLease: Connection;
  readonly silent: Connection;
}

/** One with a stream, one that was answered on a socket, one that was answered on a lease, one that says nothing. */
async function connectAll({ port, connections }: Application): Promise<Clients> {
  const clients = {
    stream: await (await dial(port, get("/events"))).until(LIVE),
    idle: await (await dial(port, get("/x"))).until(/GET \/x$/),
    idleLease: await (await dial(port, get("/events?deny"))).until(/who are you$/),
    silent: await dial(port),
  };
  await expect.poll(connections).toBe(4);
  return clients;
}

/** Whether a stream still gets what is published. */
async function expectAlive({ hub }: Application, stream: Connection, data: string): Promise<void> {
  await hub.publish("a", { data });
  await stream.until(({ text }) => text.includes(`data: ${data}\n`));
}

describe.for([undefined, "/events", "/"])("a server whose lean paths begin with %s", (lean) => {
  test("closes its idle connections and not its streams", async () => {
    const application = await serve({ lean });
    const { stream, idle, idleLease, silent } = await connectAll(application);
    application.server.closeIdleConnections();
    await Promise.all([idle.ended(), idleLease.ended()]);
    // A plain one from Node 26 on.
    if (lean !== undefined) await silent.ended();
    await expectAlive(application, stream, "still here");
  });

  test("closes when its last stream has ended, and may listen again", async () => {
    const application = await serve({ lean });
    const { server } = application;
    const { stream, silent } = await connectAll(application);
    if (lean === undefined) silent.socket.destroy();
    let closed = false;
    server.close(() => (closed = true));
    await expectAlive(application, stream, "still here");
    expect(closed).toBe(false);
    await expect.poll(application.connections).toBe(1);
    const closing = once(server, "close");
    stream.socket.destroy();
    await closing;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await (await dial(port, get("/events"))).until(LIVE);
    expect(application.streams.at(-1)?.lean).toBe(lean !== undefined);
  });

  test("closes all its connections", async () => {
    const application = await serve({ lean });
    const { server } = application;
    const all = Object.values(await connectAll(application));
    const closing = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closing;
    await Promise.all(all.map((connection) => connection.ended()));
    await expect.poll(() => application.streams).toMatchObject([{ end: "client" }]);
    expect(application.hub.stats().subscribers).toBe(0);
  });

  test("lets the hub end the streams, each after what it was sent", async () => {
    const application = await serve({ lean });
    const { stream } = await connectAll(application);
    await application.hub.publish("a", { data: "x".repeat(60_000) });
    await application.hub.close();
    await stream.ended();
    // By a FIN: what is cut when the time to drain is over is reset.
    expect(stream.socket.readableEnded).toBe(true);
    expect(stream.frames.at(-2)?.data).toHaveLength(60_000);
    expect(stream.frames.at(-1)?.retry).toBeGreaterThan(0);
    expect(application.streams).toMatchObject([{ end: "closed" }]);
    await expect.poll(application.connections).toBe(3);
  });
});

test("whoever says nothing is closed after the time for a head, without an answer", async () => {
  const application = await serve({ lean: "/", options: { headersTimeout: 200, connectionsCheckingInterval: 50 } });
  const begun = performance.now();
  const silent = await dial(application.port);
  await silent.ended();
  expect(performance.now() - begun).toBeGreaterThan(190);
  expect(silent.text).toBe("");
  expect(await application.connections()).toBe(0);
});
