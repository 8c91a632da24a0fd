import type { Sink } from "../hub/sink.ts";
import type { NodeRequest, NodeResponse, NodeSocket } from "./node-types.ts";
import type { Platform } from "./platform.ts";
import { ResponseSink } from "./response-sink.ts";
import { SocketSink } from "./socket-sink.ts";

/** Connections that carry a stream. Its body ends with the connection, so a further request on one has no answer. */
const streaming = new WeakSet<object>();

/** Whether a request came on a connection that carries a stream already. */
export function carriesStream(req: NodeRequest): boolean {
  return streaming.has(req.socket);
}

/**
 * Sends the head of a stream, and answers the sink for what follows. On HTTP/1 the body has no length and no chunks: it
 * ends with the connection. Then its bytes can go to the socket as they are, without a copy and a frame around each,
 * where nothing stands between: the socket is this response's, and nobody has put himself before `res.write`. Where the
 * platform can take the socket out of the hands of Node's HTTP, request and response are over when this returns.
 */
export function nodeSink(
  req: NodeRequest,
  res: NodeResponse,
  head: Readonly<Record<string, string>>,
  platform: Platform,
): Sink {
  res.statusCode = 200;
  setHeaders(res, head);
  if (req.httpVersionMajor >= 2) {
    res.flushHeaders?.();
    return new ResponseSink(res, req.socket, platform.kernel);
  }
  res.setHeader("Connection", "close");
  res.removeHeader("Transfer-Encoding");
  const socket = res.socket as NodeSocket | null;
  const written = socket?.bytesWritten ?? 0;
  res.flushHeaders?.();
  // An encoding that the head brought is ours, and its bytes are what goes to the socket.
  const encoded = res.getHeader("Content-Encoding") !== head["Content-Encoding"];
  const straight = socket !== null && isOwnWrite(res) && !encoded && socket.bytesWritten > written;
  const lean = straight ? platform.leanSink?.(req, res) : undefined;
  if (lean !== undefined) return lean;
  streaming.add(req.socket);
  return straight ? new SocketSink(socket, platform.kernel, res) : new ResponseSink(res, req.socket, platform.kernel);
}

/** Sets headers. What stands in `Vary` stays there. */
export function setHeaders(res: NodeResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, mergeVary(res, name, value));
}

function mergeVary(res: NodeResponse, name: string, value: string): string {
  const set = name === "Vary" ? res.getHeader("Vary") : undefined;
  if (typeof set !== "string" && !Array.isArray(set)) return value;
  const names = [set].flat().join(", ");
  const there = names.toLowerCase().split(/\s*,\s*/);
  const missing = value.split(", ").filter((each) => !there.includes(each.toLowerCase()));
  return [names, ...missing].join(", ");
}

/** Whether somebody else encodes a response, or may: then a stream in it is not encoded once more. */
export function isEncoded(res: NodeResponse): boolean {
  return res.getHeader("Content-Encoding") !== undefined || !isOwnWrite(res);
}

/** Whether `res.write` is Node's: then it stands where `flushHeaders` stands, in a class. */
function isOwnWrite(res: NodeResponse): boolean {
  const owner = ownerOf(res, "write");
  return owner !== res && owner === ownerOf(res, "flushHeaders");
}

function ownerOf(start: object, name: string): object | null {
  let owner: object | null = start;
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner;
}
