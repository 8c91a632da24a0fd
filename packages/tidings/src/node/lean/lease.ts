import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Duplex } from "node:stream";

import { isWholeHead } from "./request-head.ts";
import type { LeanStreams } from "./lean-sink.ts";
import { leaveSocket, type SocketOwner } from "./socket-owner.ts";

type Done = (error?: Error | null) => void;
interface Piece {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/**
 * What Node's HTTP takes for a socket. It passes everything on, until the socket is released: then Node may end and
 * destroy what it has, and the socket lives on.
 */
export class Lease extends Duplex implements SocketOwner {
  readonly #socket: Socket;
  #released = false;
  /** The latest chunk was one whole head. */
  #atHead = false;
  /** Where the stream that it may become belongs. */
  readonly streams: LeanStreams;
  /** The latest request that came over it. */
  request: IncomingMessage | undefined;

  constructor(socket: Socket, streams: LeanStreams) {
    const { readableHighWaterMark, writableHighWaterMark } = socket;
    super({ allowHalfOpen: true, decodeStrings: false, readableHighWaterMark, writableHighWaterMark });
    this.#socket = socket;
    this.streams = streams;
  }

  /** The lease that this is, if it is one. */
  static of(connection: object): Lease | undefined {
    return #released in connection ? connection : undefined;
  }

  /**
   * Gives the socket out of Node's hands, with the head of a response sent, if Node has nothing to do there once that is
   * ended: the request is the latest, it has no body, and nothing came after its head.
   */
  release(req: IncomingMessage): Socket | undefined {
    const socket = this.#socket;
    const { "content-length": length, "transfer-encoding": coding } = req.headers;
    if (req !== this.request || !this.#atHead || this.readableLength > 0) return undefined;
    if (length !== undefined || coding !== undefined || !socket.readable || !this.writable) return undefined;
    this.#released = true;
    socket.off("timeout", this.#onTimeout);
    if (socket.timeout) socket.setTimeout(0);
    // So that a disconnect is noticed.
    socket.resume();
    leaveSocket(socket);
    return socket;
  }

  onData(socket: Socket, chunk: Buffer): void {
    this.#atHead = isWholeHead(chunk);
    if (!this.push(chunk)) socket.pause();
  }

  onEnd(): void {
    this.push(null);
  }

  onError(_socket: Socket, error: Error): void {
    this.destroy(error);
  }

  onClose(): void {
    this.destroy();
  }

  override _read(): void {
    if (!this.#released) this.#socket.resume();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    if (this.#released) done();
    else this.#socket.write(chunk, encoding, done);
  }

  /** A head and its body go as one packet. */
  override _writev(pieces: Piece[], done: Done): void {
    const last = pieces.length - 1;
    this.#socket.cork();
    for (const [n, { chunk, encoding }] of pieces.entries()) {
      this._write(chunk, encoding, n === last ? done : () => undefined);
    }
    this.#socket.uncork();
  }

  override _final(done: Done): void {
    if (this.#released) done();
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    if (!this.#released) this.#socket.destroy();
    done(error);
  }

  // From here on: what a socket has and a Duplex has not.

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  resetAndDestroy(): this {
    if (!this.#released) this.#socket.resetAndDestroy();
    return this.destroy();
  }

  setTimeout(ms: number, callback?: () => void): this {
    if (callback !== undefined) {
      if (ms > 0) this.once("timeout", callback);
      else this.off("timeout", callback);
    }
    if (this.#released) return this;
    // Listened to only where there is a limit: most streams have none.
    this.#socket.off("timeout", this.#onTimeout);
    if (ms > 0) this.#socket.on("timeout", this.#onTimeout);
    this.#socket.setTimeout(ms);
    return this;
  }

  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#socket.setKeepAlive(enable, initialDelay);
    return this;
  }

  ref(): this {
    this.#socket.ref();
    return this;
  }

  unref(): this {
    this.#socket.unref();
    return this;
  }

  address(): AddressInfo | object {
    return this.#socket.address();
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.#socket.remoteFamily;
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  get localFamily(): string | undefined {
    return this.#socket.localFamily;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  get timeout(): number | undefined {
    return this.#socket.timeout;
  }

  get readyState(): string {
    return this.#socket.readyState;
  }

  readonly #onTimeout = (): void => {
    this.emit("timeout");
  };
}
