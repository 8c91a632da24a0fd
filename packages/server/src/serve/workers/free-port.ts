import { createServer } from "node:http";

import { listen } from "../listen.ts";

/**
 * A port that nobody listens on at the moment.
 *
 * @throws Failure if the host cannot be listened on
 */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, host, 0);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
