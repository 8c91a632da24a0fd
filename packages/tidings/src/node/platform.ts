import type { Platform } from "../http/platform.ts";
import { leanSink } from "./lean/lean-sink.ts";

/** What Node, and who is like it, can do for the fronts. */
export function nodePlatform(): Platform {
  return { name: "node", leanSink };
}
