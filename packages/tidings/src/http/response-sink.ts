import type { Sink, SinkListener } from "../hub/sink.ts";
import type { NodeConnection, NodeResponse } from "./node-types.ts";

/** Bytes through the response: HTTP/2, middleware, or a response that waits for the one before it. */
export class ResponseSink implements Sink {
  readonly #res: NodeResponse;
  /** HTTP/1's. On Node 22 a response that waits for its turn is not told that its connection is gone. */
  readonly #connection: NodeConnection | undefined;
  #listener: SinkListener | undefined;
  #ended = false;

  constructor(res: NodeResponse, connection?: NodeConnection) {
    this.#res = res;
    this.#connection = connection;
  }

  get bufferedBytes(): number {
    return this.#res.writableLength;
  }

  listen(listener: SinkListener): void {
    this.#listener = listener;
    this.#res.on("drain", () => {
      if (!this.#ended) this.#listener?.onDrain();
    });
    this.#res.on("close", this.#onGone);
    this.#connection?.on("close", this.#onGone);
    // A client that went away while the handler waited for something.
    if (this.#res.destroyed || this.#res.stream?.closed || this.#connection?.destroyed) queueMicrotask(this.#onGone);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#res.writableEnded || this.#res.destroyed) return false;
    // Whoever has put himself before it may forget to hand on what it answered.
    const more = this.#res.write(bytes) as boolean | undefined;
    this.#res.flush?.();
    return more ?? this.#res.writableNeedDrain !== true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#res.end();
  }

  destroy(): void {
    this.#ended = true;
    if (this.#res.stream !== undefined) this.#res.stream.destroy();
    else this.#connection?.destroy();
  }

  readonly #onGone = (): void => {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#ended = true;
    this.#connection?.off("close", this.#onGone);
    listener?.onClose();
  };
}
