import type { Socket } from "node:net";

/** Who is told of what happens to a socket. A socket has one at a time. */
export interface SocketOwner {
  onData(socket: Socket, chunk: Buffer): void;
  onEnd(socket: Socket): void;
  onError(socket: Socket, error: Error): void;
  onClose(socket: Socket): void;
}

const OWNER: unique symbol = Symbol("owner");

interface Owned extends Socket {
  [OWNER]?: SocketOwner | undefined;
}

// One function for each event, shared by all sockets: four closures for each would cost a third of a kilobyte.
function onData(this: Owned, chunk: Buffer): void {
  this[OWNER]?.onData(this, chunk);
}
function onEnd(this: Owned): void {
  this[OWNER]?.onEnd(this);
}
function onError(this: Owned, error: Error): void {
  this[OWNER]?.onError(this, error);
}
function onClose(this: Owned): void {
  this[OWNER]?.onClose(this);
}

/** Takes a socket that nobody listens to. It begins to flow. */
export function take(socket: Owned, owner: SocketOwner): void {
  socket[OWNER] = owner;
  socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
}

/** Hands a socket on. */
export function pass(socket: Owned, owner: SocketOwner): void {
  socket[OWNER] = owner;
}

/** Leaves a socket to others, as if it had not been touched; they get this chunk first. */
export function leave(socket: Owned, chunk: Buffer): void {
  // One by one: to remove all of an event's at once would turn the table of listeners into a slow one.
  socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
  socket[OWNER] = undefined;
  socket.pause();
  socket.unshift(chunk);
}
