import type { NodeServer } from "./node-server.ts";

/** The sides that run in Node. Each is loaded only in its own process, so that none pays for the memory of another. */
export const nodeServers = {
  tidings: async (): Promise<NodeServer> => (await import("./tidings.ts")).createTidings(),
  "tidings-lean": async (): Promise<NodeServer> => (await import("./tidings-lean.ts")).createTidingsLean(),
  "better-sse": async (): Promise<NodeServer> => (await import("./better-sse.ts")).createBetterSse(),
  plain: async (): Promise<NodeServer> => (await import("./plain.ts")).createPlain(),
  "node-http": async (): Promise<NodeServer> => (await import("./node-http.ts")).createNodeHttp(),
  "node-net": async (): Promise<NodeServer> => (await import("./node-net.ts")).createNodeNet(),
};

/** The name of a side that runs in Node. */
export type NodeServerName = keyof typeof nodeServers;

/** Whether there is a side of this name. */
export function isNodeServerName(name: string): name is NodeServerName {
  return Object.hasOwn(nodeServers, name);
}
