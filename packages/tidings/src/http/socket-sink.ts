import type { SinkListener } from "../hub/sink.ts";
import { ConnectionSink } from "./connection-sink.ts";
import type { NodeResponse, NodeSocket } from "./node-types.ts";
import type { KernelWatch } from "./platform.ts";
import { reset } from "./reset.ts";

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
export class SocketSink extends ConnectionSink {
  readonly #socket: Carrier;
  /** None where Node's HTTP has let go of the socket. */
  readonly #res: NodeResponse | undefined;

  constructor(socket: NodeSocket, kernel: KernelWatch | undefined, res?: NodeResponse) {
    super(kernel);
    this.#socket = socket;
    this.#res = res;
  }

  override listen(listener: SinkListener): void {
    super.listen(listener);
    const socket = this.#socket;
    socket[SINK] = this;
    socket.on("drain", onDrain);
    socket.on("close", onClose);
    // A client that went away while the handler waited for something.
    if (socket.destroyed) queueMicrotask(() => this.closed());
    else this.watch(socket, true);
  }

  write(bytes: Uint8Array): boolean {
    return this.#isOpen && this.took(bytes.length, this.#socket.write(bytes));
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.#res !== undefined) this.#res.end();
    else if (this.#socket.destroySoon !== undefined) this.#socket.destroySoon();
    else this.#socket.destroy();
  }

  destroy(): void {
    this.ended = true;
    reset(this.#socket);
  }

  protected get held(): number {
    return this.#socket.writableLength;
  }

  /** Not ended, neither here nor by someone else who holds the response. */
  get #isOpen(): boolean {
    return !this.ended && this.#res?.writableEnded !== true;
  }
}
