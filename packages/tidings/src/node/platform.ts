import { GzipSink } from "../http/gzip-sink.ts";
import type { Platform } from "../http/platform.ts";
import type { Logger } from "../hub/logger.ts";
import type { Runtime } from "../hub/runtime.ts";
import { deflateBlocks } from "./deflate.ts";
import { leanSink } from "./lean/lean-sink.ts";
import { TcpLooks } from "./tcp-looks.ts";

/** What the platform takes from the hub that it is made for. */
export interface PlatformSettings {
  /** In milliseconds. */
  readonly heartbeat: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** What Node, and who is like it, can do for the fronts. */
export function nodePlatform({ heartbeat, runtime, logger }: PlatformSettings): Platform {
  const kernel = seesSockets() ? new TcpLooks(heartbeat, runtime, logger) : undefined;
  return {
    name: "node",
    kernel,
    leanSink: (req, res) => leanSink(req, res, kernel),
    gzip: (sink) => new GzipSink(sink, deflateBlocks),
  };
}

/** Linux shows its sockets. Bun's and Deno's are not in Node's hands, and Deno would ask its user for permission. */
function seesSockets(): boolean {
  return process.platform === "linux" && !("Bun" in globalThis) && !("Deno" in globalThis);
}
