const encoder = new TextEncoder();

/** The body of one open stream, as the side that writes it sees it. */
export interface TestStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Everything that was written was read, and what was read was handed on: more is asked for. */
  readonly idle: boolean;
  write(text: string): void;
  /** As when the connection breaks. */
  cut(): void;
}

/** Opens a stream. `moved` is called whenever its reader did something, `gone` once when it is over. */
export function openTestStream(signal: AbortSignal | undefined, moved: () => void, gone: () => void): TestStream {
  const written: string[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  let wanted = false;
  let over = false;
  const send = (): void => {
    if (over || !wanted || written.length === 0) return;
    wanted = false;
    controller?.enqueue(encoder.encode(written.splice(0).join("")));
  };
  const leave = (reason?: unknown): void => {
    if (over) return;
    over = true;
    signal?.removeEventListener("abort", abort);
    if (reason !== undefined) controller?.error(reason);
    moved();
    gone();
  };
  const abort = (): void => leave(signal?.reason);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(made) {
        controller = made;
      },
      pull() {
        wanted = true;
        moved();
        send();
      },
      cancel: () => leave(),
    },
    // Nothing ahead of its reader: so a read says that what came before it was handed on.
    { highWaterMark: 0 },
  );
  signal?.addEventListener("abort", abort);
  return {
    body,
    get idle() {
      return over || (wanted && written.length === 0);
    },
    write(text) {
      written.push(text);
      send();
    },
    cut: () => leave(new TypeError("The test source dropped the connection.")),
  };
}
