import type { SinkListener } from "../hub/sink.ts";
import { ConnectionSink } from "./connection-sink.ts";
import type { NodeConnection, NodeResponse } from "./node-types.ts";
import type { KernelWatch } from "./platform.ts";
import { reset } from "./reset.ts";

/** Bytes through the response: HTTP/2, middleware, or a response that waits for the one before it. */
export class ResponseSink extends ConnectionSink {
  readonly #res: NodeResponse;
  readonly #connection: NodeConnection;

  constructor(res: NodeResponse, connection: NodeConnection, kernel: KernelWatch | undefined) {
    super(kernel);
    this.#res = res;
    this.#connection = connection;
  }

  override listen(listener: SinkListener): void {
    super.listen(listener);
    this.#res.on("drain", () => this.drained());
    this.#res.on("close", this.#onGone);
    const { stream } = this.#res;
    // On Node 22 a response that waits for its turn is not told that its connection is gone.
    if (stream === undefined) this.#connection.on("close", this.#onGone);
    // A client that went away while the handler waited for something.
    const isGone = this.#res.destroyed === true || (stream?.closed ?? this.#connection.destroyed);
    if (isGone) queueMicrotask(this.#onGone);
    else this.watch(this.#connection, false);
  }

  write(bytes: Uint8Array): boolean {
    if (this.ended || this.#res.writableEnded || this.#res.destroyed) return false;
    // Whoever has put himself before it may forget to hand on what it answered.
    const more = this.#res.write(bytes) as boolean | undefined;
    this.#res.flush?.();
    return this.took(bytes.length, more ?? this.#res.writableNeedDrain !== true);
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#res.end();
  }

  destroy(): void {
    this.ended = true;
    if (this.#res.stream === undefined) reset(this.#connection);
    else this.#res.stream.destroy();
  }

  override onDead(): void {
    const session = this.#res.stream?.session;
    if (session !== undefined) {
      // All streams of the connection are dead with it, and they are told in the same look.
      reset(this.#connection);
      session.destroy();
    }
    super.onDead();
  }

  protected get held(): number {
    return this.#res.writableLength;
  }

  readonly #onGone = (): void => {
    if (this.#res.stream === undefined) this.#connection.off("close", this.#onGone);
    this.closed();
  };
}
