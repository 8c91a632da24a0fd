import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Failure, reasonOf, systemCode } from "../failure.ts";

// How many clients may wait to be accepted; the system may allow fewer. After a restart all of them come at once, and one
// that finds this queue full (Node's has 511 places) tries again only after 1, 3, 7, 15 s.
const BACKLOG = 4096;

/**
 * Starts to listen; answers where.
 *
 * @throws Failure if the system refuses, with what can be done about it
 */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    throw new Failure(refusal(error, host, port), { cause: error });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on no TCP port");
  return address;
}

function refusal(error: unknown, host: string, port: number): string {
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use: another program listens there. Give another --port, or 0 for a free one.`;
    case "EACCES":
    case "EPERM":
      return `No permission to listen on port ${port} on ${host}. Ports below 1024 often need it: try --port 3000.`;
    case "EADDRNOTAVAIL":
      return `This machine does not have the address ${host}. Give one of its own as --host, such as 127.0.0.1.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host ${host} is not known. Give an address of this machine as --host, such as 127.0.0.1.`;
    default:
      return `Cannot listen on port ${port} on ${host}: ${reasonOf(error)}.`;
  }
}
