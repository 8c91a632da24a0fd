import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";

import { onTestFinished } from "vitest";

/**
 * A server of Node's `http` on the loopback interface, closed when the test is over.
 *
 * @param setup told of the server before it listens
 */
export async function listen(
  listener: RequestListener,
  options: ServerOptions = {},
  setup?: (server: Server) => void,
): Promise<{ server: Server; port: number; url: string }> {
  const server = createServer(options, listener);
  setup?.(server);
  const port = await listenOn(server);
  onTestFinished(() => server.closeAllConnections());
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** Lets any server listen on a free port of the loopback interface until the test is over. */
export async function listenOn(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
