import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { NodeRequest, NodeResponse, NodeSocket } from "../../http/node-types.ts";
import type { KernelWatch } from "../../http/platform.ts";
import type { Owned } from "../../http/socket-owner.ts";
import { SocketSink } from "../../http/socket-sink.ts";
import { Lease } from "./lease.ts";

/** How much a connection with a stream may have said in all, in bytes. */
const MOST_SAID = 65_536;
const CR = 13;
const LF = 10;

/** See `Platform.leanSink`: there is one for a request that came over a lease. */
export function leanSink(req: NodeRequest, res: NodeResponse, kernel: KernelWatch | undefined): LeanSink | undefined {
  const lease = Lease.of(req.socket);
  const socket = lease?.release(req as IncomingMessage);
  if (lease === undefined || socket === undefined) return undefined;
  // As the head says that the connection closes, Node now ends the lease.
  res.end();
  return new LeanSink(socket, lease.streams, kernel);
}

/** The sockets of one server that carry a stream and that Node's HTTP knows nothing of any more. */
export type LeanStreams = Set<NodeSocket>;

/** A sink on a socket that nobody else listens to. */
export class LeanSink extends SocketSink {
  readonly #streams: LeanStreams;

  constructor(socket: Socket & Owned<SocketSink>, streams: LeanStreams, kernel: KernelWatch | undefined) {
    super(socket, kernel);
    this.#streams = streams;
    streams.add(socket);
    // As Node's HTTP has it when a client half-closes. A listener to "end" would cost 100 bytes, as Node has one there.
    socket.allowHalfOpen = false;
    socket.on("error", onError).on("data", onData);
  }

  override closed(): void {
    this.#streams.delete(this.socket);
    super.closed();
  }
}

function onError(): void {
  // "close" follows.
}

/** Nothing can be answered after a stream. Blank lines are no request (RFC 9112, section 2.2), but not for ever. */
function onData(this: Socket, chunk: Buffer): void {
  if (this.bytesRead > MOST_SAID || !chunk.every((byte) => byte === CR || byte === LF)) this.destroy();
}
