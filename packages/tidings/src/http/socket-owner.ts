/**
 * Who is told of what happens to a socket: one after the other, if several have it in turn. Listener functions that all
 * sockets share find him through the socket. Closures for each would cost 64 bytes apiece, a second place of this kind 40.
 */
export const OWNER: unique symbol = Symbol("owner");

/** A socket whose owner is told of its events. */
export interface Owned<Owner> {
  [OWNER]?: Owner | undefined;
}
