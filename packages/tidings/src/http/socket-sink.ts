import type { SinkListener } from "../hub/sink.ts";
import { ConnectionSink } from "./connection-sink.ts";
import type { NodeResponse, NodeSocket } from "./node-types.ts";
import type { KernelWatch } from "./platform.ts";
import { reset } from "./reset.ts";
import { OWNER, type Owned } from "./socket-owner.ts";

function onDrain(this: Owned<SocketSink>): void {
  this[OWNER]?.drained();
}

function onClose(this: Owned<SocketSink>): void {
  this[OWNER]?.closed();
}

/** Bytes straight to the socket. Made once the head is with the socket. */
export class SocketSink extends ConnectionSink {
  protected readonly socket: NodeSocket & Owned<SocketSink>;
  /** None where Node's HTTP has let go of the socket. */
  readonly #res: NodeResponse | undefined;

  constructor(socket: NodeSocket, kernel: KernelWatch | undefined, res?: NodeResponse) {
    super(kernel);
    this.socket = socket;
    this.#res = res;
  }

  override listen(listener: SinkListener): void {
    super.listen(listener);
    const socket = this.socket;
    socket[OWNER] = this;
    socket.on("drain", onDrain);
    socket.on("close", onClose);
    // A client that went away while the handler waited for something.
    if (socket.destroyed) queueMicrotask(() => this.closed());
    else this.watch(socket, true);
  }

  write(bytes: Uint8Array): boolean {
    return this.#isOpen && this.took(bytes.length, this.socket.write(bytes));
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.#res !== undefined) this.#res.end();
    else if (this.socket.destroySoon !== undefined) this.socket.destroySoon();
    else this.socket.destroy();
  }

  destroy(): void {
    this.ended = true;
    reset(this.socket);
  }

  protected get held(): number {
    return this.socket.writableLength;
  }

  /** Not ended, neither here nor by someone else who holds the response. */
  get #isOpen(): boolean {
    return !this.ended && this.#res?.writableEnded !== true;
  }
}
