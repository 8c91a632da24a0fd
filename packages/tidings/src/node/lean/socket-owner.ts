import type { Socket } from "node:net";

import { OWNER, type Owned } from "../../http/socket-owner.ts";

/** Who has a socket before it carries a stream. */
export interface SocketOwner {
  onData(socket: Socket, chunk: Buffer): void;
  onEnd(socket: Socket): void;
  onError(socket: Socket, error: Error): void;
  onClose(socket: Socket): void;
}

type OwnedSocket = Socket & Owned<SocketOwner>;

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.onData(this, chunk);
}
function onEnd(this: OwnedSocket): void {
  this[OWNER]?.onEnd(this);
}
function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.onError(this, error);
}
function onClose(this: OwnedSocket): void {
  this[OWNER]?.onClose(this);
}

/** Takes a socket that nobody listens to. It begins to flow. */
export function takeSocket(socket: OwnedSocket, owner: SocketOwner): void {
  socket[OWNER] = owner;
  socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
}

/** Hands a socket on. */
export function passSocket(socket: OwnedSocket, owner: SocketOwner): void {
  socket[OWNER] = owner;
}

/** Leaves a socket as if it had not been touched. */
export function leaveSocket(socket: OwnedSocket): void {
  // One by one: to remove all of an event's at once would turn the table of listeners into a slow one.
  socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
  socket[OWNER] = undefined;
}
