import type { CloseReason, Sink, SinkListener } from "../hub/sink.ts";
import type { KernelWatch, SocketListener, SocketWatch, WatchedSocket } from "./platform.ts";

/**
 * What sinks on a connection have in common: they are full when Node says so, or when the system holds enough, and they
 * end when the system finds the peer dead.
 */
export abstract class ConnectionSink implements Sink, SocketListener {
  protected ended = false;
  readonly #kernel: KernelWatch | undefined;
  #listener: SinkListener | undefined;
  #watch: SocketWatch | undefined;
  /** Node has answered that it is full, and has not drained. */
  #blocked = false;
  /** `write` has answered that the sink is full: `onDrain` is owed. */
  #full = false;
  #reason: CloseReason | undefined;

  constructor(kernel: KernelWatch | undefined) {
    this.#kernel = kernel;
  }

  abstract write(bytes: Uint8Array): boolean;
  abstract end(): void;
  abstract destroy(): void;
  /** What Node holds, in bytes. */
  protected abstract readonly held: number;

  get bufferedBytes(): number {
    return this.held + (this.#watch?.held ?? 0);
  }

  listen(listener: SinkListener): void {
    this.#listener = listener;
  }

  onRoom(): void {
    this.#drain();
  }

  onDead(): void {
    this.#reason ??= "dead";
    this.destroy();
  }

  /** Node can take more. */
  drained(): void {
    this.#blocked = false;
    this.#drain();
  }

  /** The connection, or the response, is gone. */
  closed(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.ended = true;
    this.#watch?.stop();
    this.#watch = undefined;
    listener?.onClose(this.#reason);
  }

  /** Has a socket watched: see `KernelWatch.watch`. */
  protected watch(socket: WatchedSocket, asIs: boolean): void {
    this.#watch = this.#kernel?.watch(socket, asIs, this);
  }

  /**
   * Whether there is room for more, after a write.
   *
   * @param bytes how many were written
   * @param more what Node answered
   */
  protected took(bytes: number, more: boolean): boolean {
    this.#watch?.handed(bytes);
    this.#blocked = !more;
    this.#full = !more || this.#watch?.hasRoom === false;
    return !this.#full;
  }

  #drain(): void {
    if (!this.#full || this.#blocked || this.ended || this.#watch?.hasRoom === false) return;
    this.#full = false;
    this.#listener?.onDrain();
  }
}
