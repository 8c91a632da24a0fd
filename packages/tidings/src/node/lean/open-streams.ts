import type { Socket } from "node:net";

import type { SocketOwner } from "./socket-owner.ts";

/** How much a connection with a stream may have said in all, in bytes. */
const MOST_SAID = 65_536;
const CR = 13;
const LF = 10;

/** The sockets of a server that carry a stream and that Node's HTTP knows nothing of any more. */
export class OpenStreams implements SocketOwner {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing can be answered after a stream. Blank lines are no request (RFC 9112, section 2.2), but not for ever. */
  onData(socket: Socket, chunk: Buffer): void {
    if (socket.bytesRead > MOST_SAID || !chunk.every((byte) => byte === CR || byte === LF)) socket.destroy();
  }

  /** As Node's HTTP has it when a client half-closes. */
  onEnd(socket: Socket): void {
    socket.destroySoon();
  }

  onError(): void {
    // "close" follows.
  }

  onClose(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
