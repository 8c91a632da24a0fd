import type { Platform } from "../http/platform.ts";
import { takeSocket } from "./lean/take-socket.ts";

/** What Node, and who is like it, can do for the fronts. */
export function nodePlatform(): Platform {
  return { name: "node", takeSocket };
}
