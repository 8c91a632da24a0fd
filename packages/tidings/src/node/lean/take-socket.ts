import type { IncomingMessage } from "node:http";

import type { NodeRequest, NodeResponse, NodeSocket } from "../../http/node-types.ts";
import { Lease } from "./lease.ts";

/** See `Platform.takeSocket`: it can be for a request that came over a lease. */
export function takeSocket(req: NodeRequest, res: NodeResponse): NodeSocket | undefined {
  const socket = Lease.of(req.socket)?.release(req as IncomingMessage);
  // As the head says that the connection closes, this destroys the lease.
  if (socket !== undefined) res.end();
  return socket;
}
