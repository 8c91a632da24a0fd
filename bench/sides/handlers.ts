import type { Handler } from "./handler.ts";

/** The sides that run in Node. Each is loaded only in its own process, so that none pays for the memory of another. */
export const handlers = {
  tidings: async (): Promise<Handler> => (await import("./tidings.ts")).createTidings(),
  "better-sse": async (): Promise<Handler> => (await import("./better-sse.ts")).createBetterSse(),
  plain: async (): Promise<Handler> => (await import("./plain.ts")).createPlain(),
  bare: async (): Promise<Handler> => (await import("./bare.ts")).createBare(),
};

/** The name of a side that runs in Node. */
export type HandlerName = keyof typeof handlers;

/** Whether there is a side of this name. */
export function isHandlerName(name: string): name is HandlerName {
  return Object.hasOwn(handlers, name);
}
