import { GzipSink } from "../http/gzip-sink.ts";
import type { Platform } from "../http/platform.ts";
import { deflateBlocks } from "./deflate.ts";

/** What Node, and who is like it, can do for the fronts. */
export function nodePlatform(): Platform {
  return { name: "node", gzip: (sink) => new GzipSink(sink, deflateBlocks) };
}
