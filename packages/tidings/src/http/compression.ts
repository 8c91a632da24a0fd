import { acceptsGzip } from "./accept-encoding.ts";
import type { Platform } from "./platform.ts";
import type { StreamOptions } from "./stream-options.ts";

/**
 * What compresses a stream: nothing, unless the embedder asked for it, the client takes gzip and the runtime can.
 *
 * @param accepted `Accept-Encoding`, as it came
 */
export function gzipFor(
  { compress }: StreamOptions,
  { gzip }: Platform,
  accepted: string | undefined,
): Platform["gzip"] {
  return compress === true && acceptsGzip(accepted) ? gzip : undefined;
}

/** The headers where the embedder asked for compression: what the client takes decides, and both answers say so. */
export function compressibleHead(head: Readonly<Record<string, string>>, compressed: boolean): Record<string, string> {
  const { Vary: others } = head;
  const varied = { ...head, Vary: others === undefined ? "Accept-Encoding" : `${others}, Accept-Encoding` };
  return compressed ? { ...varied, "Content-Encoding": "gzip" } : varied;
}
