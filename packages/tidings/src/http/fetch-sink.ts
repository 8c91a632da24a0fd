import type { Sink, SinkListener } from "../hub/sink.ts";

/** What a body may hold before its sink is full, in bytes. */
const HIGH_WATER = 65_536;

/**
 * A sink whose other end is a response body. A default stream: a `bytes` stream would detach the buffers that
 * subscribers share.
 */
export class FetchSink implements Sink {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #listener: SinkListener | undefined;
  #full = false;
  #ended = false;

  constructor() {
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          if (!this.#full || this.#ended) return;
          this.#full = false;
          this.#listener?.onDrain();
        },
        cancel: () => this.#close(),
      },
      { highWaterMark: HIGH_WATER, size: (chunk) => chunk.byteLength },
    );
  }

  get bufferedBytes(): number {
    return this.#ended ? 0 : HIGH_WATER - (this.#controller?.desiredSize ?? HIGH_WATER);
  }

  listen(listener: SinkListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#controller === undefined) return false;
    this.#controller.enqueue(bytes);
    this.#full = (this.#controller.desiredSize ?? 0) <= 0;
    return !this.#full;
  }

  end(): void {
    if (this.#ended) return;
    this.#controller?.close();
    // The runtime sends what is left; nobody tells when it has.
    queueMicrotask(() => this.#close());
    this.#ended = true;
  }

  destroy(): void {
    if (!this.#ended) this.#controller?.error(new Error("The stream was cut"));
    this.#close();
  }

  #close(): void {
    this.#ended = true;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose();
  }
}
