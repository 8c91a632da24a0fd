import type { Sink, SinkListener } from "../hub/sink.ts";
import type { NodeResponse, NodeSocket } from "./node-types.ts";
import { OWNER, type Owned } from "./socket-owner.ts";

function onDrain(this: Owned<SocketSink>): void {
  this[OWNER]?.onDrain();
}

function onClose(this: Owned<SocketSink>): void {
  this[OWNER]?.onClose();
}

/** Bytes straight to the socket. Made once the head is with the socket. */
export class SocketSink implements Sink {
  protected readonly socket: NodeSocket & Owned<SocketSink>;
  /** None where Node's HTTP has let go of the socket. */
  readonly #res: NodeResponse | undefined;
  #listener: SinkListener | undefined;
  #ended = false;

  constructor(socket: NodeSocket, res?: NodeResponse) {
    this.socket = socket;
    this.#res = res;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  listen(listener: SinkListener): void {
    this.#listener = listener;
    const socket = this.socket;
    socket[OWNER] = this;
    socket.on("drain", onDrain);
    socket.on("close", onClose);
    // A client that went away while the handler waited for something.
    if (socket.destroyed) queueMicrotask(() => this.onClose());
  }

  write(bytes: Uint8Array): boolean {
    return this.#isOpen && this.socket.write(bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#res !== undefined) this.#res.end();
    else if (this.socket.destroySoon !== undefined) this.socket.destroySoon();
    else this.socket.destroy();
  }

  destroy(): void {
    this.#ended = true;
    if (this.socket.resetAndDestroy === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** Called by the socket. */
  onDrain(): void {
    if (!this.#ended) this.#listener?.onDrain();
  }

  /** Called by the socket. */
  onClose(): void {
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
