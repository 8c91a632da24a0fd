import type { Sink, SinkListener } from "../hub/sink.ts";
import type { NodeConnection, NodeRequest, NodeResponse, NodeSocket } from "./node-types.ts";
import type { Platform } from "./platform.ts";

/** Connections that carry a stream. Its body ends with the connection, so a further request on one has no answer. */
const streaming = new WeakSet<object>();

/** Whether a request came on a connection that carries a stream already. */
export function carriesStream(req: NodeRequest): boolean {
  return streaming.has(req.socket);
}

interface Extras {
  /** Set by HTTP/2. */
  readonly stream?: { readonly closed: boolean; destroy(): unknown };
  /** Set by compression middleware: lets go what it holds back. */
  readonly flush?: () => unknown;
  readonly destroyed?: boolean;
  readonly writableEnded?: boolean;
  readonly writableNeedDrain?: boolean;
}

/**
 * Sends the head of a stream, and answers the sink for what follows. On HTTP/1 the body has no length and no chunks: it
 * ends with the connection. Then its bytes can go to the socket as they are, without a copy and a frame around each,
 * where nothing stands between: the socket is this response's, and nobody has put himself before `res.write`.
 */
export function nodeSink(
  req: NodeRequest,
  res: NodeResponse,
  head: Readonly<Record<string, string>>,
  _platform: Platform,
): Sink {
  res.statusCode = 200;
  setHeaders(res, head);
  if (req.httpVersionMajor >= 2) {
    res.flushHeaders?.();
    return new ResponseSink(res);
  }
  streaming.add(req.socket);
  res.setHeader("Connection", "close");
  res.removeHeader("Transfer-Encoding");
  const socket = res.socket as NodeSocket | null;
  const written = socket?.bytesWritten ?? 0;
  res.flushHeaders?.();
  // An encoding that the head brought is ours, and its bytes are what goes to the socket.
  const encoded = res.getHeader("Content-Encoding") !== head["Content-Encoding"];
  const straight = socket !== null && isOwnWrite(res) && !encoded && socket.bytesWritten > written;
  return straight ? new SocketSink(res, socket) : new ResponseSink(res, req.socket);
}

/** Sets headers. What stands in `Vary` stays there. */
export function setHeaders(res: NodeResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, mergeVary(res, name, value));
}

function mergeVary(res: NodeResponse, name: string, value: string): string {
  const set = name === "Vary" ? res.getHeader("Vary") : undefined;
  if (typeof set !== "string" && !Array.isArray(set)) return value;
  const names = [set].flat().join(", ");
  const there = names.toLowerCase().split(/\s*,\s*/);
  const missing = value.split(", ").filter((each) => !there.includes(each.toLowerCase()));
  return [names, ...missing].join(", ");
}

/** Whether somebody else encodes a response, or may: then a stream in it is not encoded once more. */
export function isEncoded(res: NodeResponse): boolean {
  return res.getHeader("Content-Encoding") !== undefined || !isOwnWrite(res);
}

/** Whether `res.write` is Node's: then it stands where `flushHeaders` stands, in a class. */
function isOwnWrite(res: NodeResponse): boolean {
  const owner = ownerOf(res, "write");
  return owner !== res && owner === ownerOf(res, "flushHeaders");
}

function ownerOf(start: object, name: string): object | null {
  let owner: object | null = start;
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner;
}

/** What the two ways have in common: the end. */
abstract class NodeSink implements Sink {
  protected readonly res: NodeResponse & Extras;
  protected listener: SinkListener | undefined;
  protected ended = false;
  #closed = false;

  constructor(res: NodeResponse) {
    this.res = res;
  }

  abstract readonly bufferedBytes: number;
  abstract write(bytes: Uint8Array): boolean;
  abstract destroy(): void;

  listen(listener: SinkListener): void {
    this.listener = listener;
    this.res.on("close", () => this.closed());
    // A client that went away while the handler waited for something.
    if (this.res.destroyed || this.res.stream?.closed) queueMicrotask(() => this.closed());
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.res.end();
  }

  /** Not ended, neither here nor by someone else who holds the response. */
  protected get isOpen(): boolean {
    return !this.ended && this.res.writableEnded !== true;
  }

  protected closed(): void {
    if (this.#closed) return;
    this.#closed = this.ended = true;
    this.listener?.onClose();
  }
}

/** Bytes straight to the socket. */
class SocketSink extends NodeSink {
  readonly #socket: NodeSocket;

  constructor(res: NodeResponse, socket: NodeSocket) {
    super(res);
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  override listen(listener: SinkListener): void {
    super.listen(listener);
    this.#socket.on("drain", this.#onDrain);
  }

  write(bytes: Uint8Array): boolean {
    return this.isOpen && this.#socket.write(bytes);
  }

  destroy(): void {
    this.ended = true;
    if (this.#socket.resetAndDestroy === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  protected override closed(): void {
    this.#socket.off("drain", this.#onDrain);
    super.closed();
  }

  readonly #onDrain = (): void => {
    if (!this.ended) this.listener?.onDrain();
  };
}

/** Bytes through the response: HTTP/2, middleware, or a response that waits for the one before it. */
class ResponseSink extends NodeSink {
  /** HTTP/1's. On Node 22 a response that waits for its turn is not told that its connection is gone. */
  readonly #connection: NodeConnection | undefined;

  constructor(res: NodeResponse, connection?: NodeConnection) {
    super(res);
    this.#connection = connection;
  }

  get bufferedBytes(): number {
    return this.res.writableLength;
  }

  override listen(listener: SinkListener): void {
    super.listen(listener);
    this.res.on("drain", () => {
      if (!this.ended) this.listener?.onDrain();
    });
    this.#connection?.on("close", this.#onGone);
    if (this.#connection?.destroyed) queueMicrotask(this.#onGone);
  }

  write(bytes: Uint8Array): boolean {
    if (!this.isOpen || this.res.destroyed) return false;
    // Whoever has put himself before it may forget to hand on what it answered.
    const more = this.res.write(bytes) as boolean | undefined;
    this.res.flush?.();
    return more ?? this.res.writableNeedDrain !== true;
  }

  destroy(): void {
    this.ended = true;
    if (this.res.stream !== undefined) this.res.stream.destroy();
    else this.#connection?.destroy();
  }

  protected override closed(): void {
    this.#connection?.off("close", this.#onGone);
    super.closed();
  }

  readonly #onGone = (): void => this.closed();
}
