import { constants, gunzipSync } from "node:zlib";

import { FrameReader, type Frame } from "../frames.ts";
import { get, type Connection } from "./connection.ts";

/** A request for a stream by a client that takes gzip. */
export function getGzip(path = "/", headers: Readonly<Record<string, string>> = {}): string {
  return get(path, { "Accept-Encoding": "gzip, deflate, br, zstd", ...headers });
}

/** What is in a gzip stream that has not ended, or that ended without a trailer. */
export function gunzipped(bytes: Uint8Array): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** The body of a connection's response as it came. */
export function bodyOf({ received }: Connection): Buffer {
  const end = received.indexOf("\r\n\r\n");
  return end === -1 ? Buffer.alloc(0) : received.subarray(end + 4);
}

/** The same, decoded by what its head says. */
export function decodedBodyOf(connection: Connection): Buffer {
  return /^content-encoding: gzip$/im.test(connection.head) ? gunzipped(bodyOf(connection)) : bodyOf(connection);
}

/** The frames of a connection's response, decoded. */
export function decodedFramesOf(connection: Connection): Frame[] {
  return new FrameReader().read(decodedBodyOf(connection));
}
