import type { CloseReason } from "../hub/sink.ts";

/** How a stream ended. `refused`: there was none, the client was answered an error or asked for the head alone. */
export type StreamEnd = CloseReason | "refused";

/**
 * The end of an open stream, as a promise. It never rejects, and it costs nothing until somebody waits for it: a handler
 * that hands it to a framework to hear of errors, as Express does, keeps neither its request nor its response alive.
 */
export class StreamEnding extends Promise<StreamEnd> {
  readonly #stream: { readonly ended: Promise<CloseReason> };

  constructor(stream: { readonly ended: Promise<CloseReason> }) {
    super(() => undefined);
    this.#stream = stream;
  }

  /** What `finally` makes is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** `catch` comes here, too. */
  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise.
  override then<Value = StreamEnd, Instead = never>(
    onFulfilled?: ((end: StreamEnd) => Value | PromiseLike<Value>) | null,
    _onRejected?: ((reason: unknown) => Instead | PromiseLike<Instead>) | null,
  ): Promise<Value | Instead> {
    if (typeof onFulfilled === "function") return this.#stream.ended.then(onFulfilled);
    return this as Promise<unknown> as Promise<Value>;
  }
}
