import type { Socket } from "node:net";
import { FrameReader, frameOf, ProtocolError } from "./frames.ts";

/** What is done with what comes over a connection. */
export interface ConnectionEvents {
  /** A whole message. May throw a ProtocolError, which closes the connection. */
  onText(text: string): void;
  /** There is room again after `full`. */
  onDrain(): void;
  /** It is over, whoever ended it. Called once. */
  onClosed(error: Error | undefined): void;
}

/** Milliseconds that the last words have to go out before a connection is cut. */
const LAST_WORDS = 1_000;

/** A socket between two processes of this machine, and the frames that go over it. Keeps no process alive. */
export class Connection {
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #events: ConnectionEvents;
  #error: Error | undefined;

  constructor(socket: Socket, maxFrame: number, events: ConnectionEvents) {
    this.#socket = socket.unref();
    this.#frames = new FrameReader(maxFrame);
    this.#events = events;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("drain", () => events.onDrain());
    socket.on("error", (error) => (this.#error ??= error));
    socket.on("close", () => events.onClosed(this.#error));
  }

  /** The other side takes its time: what can wait should wait for `onDrain`. */
  get full(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** How long a frame may be that comes from now on, in bytes. */
  set maxFrame(bytes: number) {
    this.#frames.maxBytes = bytes;
  }

  send(text: string): void {
    if (this.#socket.writable) this.#socket.write(frameOf(text));
  }

  /** Reads no more, so that the other side has to wait, too. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Whether the process waits for what comes over this connection before it ends. */
  hold(holds: boolean): void {
    if (holds) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Sends what was written, and closes. */
  end(): void {
    this.cutSoon();
    this.#socket.end();
    this.#socket.resume();
  }

  /**
   * Leaves it to the other side to close, for a while. Who closes first makes what the other one is just writing
   * fail, and with it the reading of what was sent before.
   */
  cutSoon(): void {
    const cut = setTimeout(() => this.#socket.destroy(), LAST_WORDS).unref();
    this.#socket.once("close", () => clearTimeout(cut));
    this.#socket.resume();
  }

  cut(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      for (const text of this.#frames.read(chunk)) {
        // A message before this one may have closed the connection.
        if (this.#socket.destroyed) return;
        this.#events.onText(text);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.cut(error);
    }
  }
}
