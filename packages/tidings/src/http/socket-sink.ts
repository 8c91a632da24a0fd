import type { Sink, SinkListener } from "../hub/sink.ts";
import type { NodeResponse, NodeSocket } from "./node-types.ts";

const SINK = Symbol("sink");

/** A socket that a sink writes to. */
interface Carrier extends NodeSocket {
  [SINK]?: SocketSink;
}

// The same two functions for all sockets: a closure for each would cost more than the sink itself.
function onDrain(this: Carrier): void {
  this[SINK]?.drained();
}

function onClose(this: Carrier): void {
  this[SINK]?.closed();
}

/** Bytes straight to the socket. Made once the head is with the socket. */
export class SocketSink implements Sink {
  readonly #socket: Carrier;
  /** None where Node's HTTP has let go of the socket. */
  readonly #res: NodeResponse | undefined;
  #listener: SinkListener | undefined;
  #ended = false;

  constructor(socket: NodeSocket, res?: NodeResponse) {
    this.#socket = socket;
    this.#res = res;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  listen(listener: SinkListener): void {
    this.#listener = listener;
    const socket = this.#socket;
    socket[SINK] = this;
    socket.on("drain", onDrain);
    socket.on("close", onClose);
    // A client that went away while the handler waited for something.
    if (socket.destroyed) queueMicrotask(() => this.closed());
  }

  write(bytes: Uint8Array): boolean {
    return this.#isOpen && this.#socket.write(bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#res !== undefined) this.#res.end();
    else if (this.#socket.destroySoon !== undefined) this.#socket.destroySoon();
    else this.#socket.destroy();
  }

  destroy(): void {
    this.#ended = true;
    if (this.#socket.resetAndDestroy === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Called by the socket. */
  drained(): void {
    if (!this.#ended) this.#listener?.onDrain();
  }

  /** Called by the socket. */
  closed(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#ended = true;
    listener?.onClose();
  }

  /** Not ended, neither here nor by someone else who holds the response. */
  get #isOpen(): boolean {
    return !this.#ended && this.#res?.writableEnded !== true;
  }
}
