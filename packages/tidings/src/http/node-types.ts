// What is used of Node's requests and responses, HTTP/1 and HTTP/2, by structure: this room imports nothing from `node:`,
// and look-alikes (frameworks' own classes, several copies of a package) fit.
import type { WatchedSocket } from "./platform.ts";
import type { Resettable } from "./reset.ts";

/** The socket under a response. */
export interface NodeSocket extends WatchedSocket, Resettable {
  readonly writableLength: number;
  readonly bytesWritten: number;
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  /** Once all is sent. */
  destroySoon?(): unknown;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** The socket under a request. */
export interface NodeConnection extends WatchedSocket, Resettable {
  readonly destroyed: boolean;
  on(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
}

/** `http.IncomingMessage` or `http2.Http2ServerRequest`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly httpVersionMajor: number;
  readonly socket: NodeConnection;
  /** The body was read to its end. */
  readonly readableEnded?: boolean;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close" | "error", listener: () => void): unknown;
}

/** `http.ServerResponse` or `http2.Http2ServerResponse`. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly socket: object | null;
  readonly writableLength: number;
  readonly writableEnded?: boolean;
  readonly writableNeedDrain?: boolean;
  readonly destroyed?: boolean;
  /** Set by HTTP/2. */
  readonly stream?: {
    readonly closed: boolean;
    readonly session?: { destroy(): unknown } | undefined;
    destroy(): unknown;
  };
  /** Set by compression middleware: lets go what it holds back. */
  readonly flush?: () => unknown;
  setHeader(name: string, value: string): unknown;
  getHeader(name: string): unknown;
  removeHeader(name: string): unknown;
  /** HTTP/2 has it too; its types do not say so. */
  flushHeaders?(): unknown;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  end(body: string): unknown;
  on(event: string, listener: () => void): unknown;
}
