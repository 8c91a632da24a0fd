import { leanConnections } from "tidings/node";
import type { NodeServer } from "./node-server.ts";
import { createTidings } from "./tidings.ts";

/** Tidings, embedded in a server whose connections are lean. */
export function createTidingsLean(): NodeServer {
  const tidings = createTidings();
  leanConnections(tidings.server);
  return tidings;
}
