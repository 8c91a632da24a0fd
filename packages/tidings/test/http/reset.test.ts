import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { reset } from "../../src/http/reset.ts";

async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const far = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [near] = await accepted;
  onTestFinished(() => {
    far.destroy();
    server.close();
  });
  return { near, far };
}

function endOf(socket: Socket): Promise<string> {
  socket.resume();
  return new Promise((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
}

const ENDINGS: readonly [string, (socket: Socket) => void, RegExp][] = [
  ["was open", () => undefined, /^ECONNRESET$/],
  ["was ended with more than the system takes", (socket) => void socket.end(Buffer.alloc(30_000_000)), /^ECONNRESET$/],
  // The end of the stream comes before the reset.
  ["was ended just now", (socket) => void socket.end(), /./],
  ["was ended with bytes just now", (socket) => void socket.end("bye"), /./],
  ["was told to go soon", (socket) => socket.destroySoon(), /./],
];

test.each(ENDINGS)("a connection that %s is reset, and closed for good", async (_how, finish, heard) => {
  const { near, far } = await pair();
  const ends = Promise.all([endOf(near), endOf(far)]);
  finish(near);
  reset(near);
  expect(await ends).toEqual(["closed", expect.stringMatching(heard)]);
});
