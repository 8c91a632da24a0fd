import type { Sink } from "../hub/sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";

/**
 * What the runtime below can do for the fronts beyond the web's own APIs. Every part is optional: where one is missing,
 * the fronts do without. The entry for Node gives what Node has.
 */
export interface Platform {
  /** For whom it was made, in a word. */
  readonly name: string;
  /** Without it, a socket is full when Node says so, and TCP alone finds out that a peer is dead. */
  readonly kernel?: KernelWatch | undefined;
  /**
   * A sink on the bare socket of a stream, taken out of the hands of Node's HTTP: the head is with the socket, and when
   * this returns request and response are over. Nothing, where that cannot be; then nothing was done.
   */
  readonly leanSink?: (req: NodeRequest, res: NodeResponse) => Sink | undefined;
  /** Answers a sink that writes gzip to another. Without it no stream is compressed. */
  readonly gzip?: ((sink: Sink) => Sink) | undefined;
}

/** A runtime of which nothing is known. */
export const PLAIN_PLATFORM: Platform = { name: "plain" };

/** Sees what the system keeps for sockets. Node does not: what it has handed on is gone from its sight. */
export interface KernelWatch {
  /**
   * Begins to watch the socket of a connection. Several may watch the same one.
   *
   * @param asIs whether bytes go to it as they are, and from nobody else: then what was acknowledged can be told exactly
   * @returns nothing for a socket that cannot be seen
   */
  watch(socket: WatchedSocket, asIs: boolean, listener: SocketListener): SocketWatch | undefined;
}

/** The two ends of a connection, as `net.Socket` has them. */
export interface WatchedSocket {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** What is known of one socket, and how much it may be handed. */
export interface SocketWatch {
  /** What the system held for it when it was last looked at, in bytes: not sent yet, or not acknowledged. */
  readonly held: number;
  /** It may be handed more before it is looked at again. */
  readonly hasRoom: boolean;
  /** To be told of every byte that is handed to the socket. */
  handed(bytes: number): void;
  /** MUST be called when the connection is gone. */
  stop(): void;
}

/** Who is told of a socket. Neither is called from inside `watch` or `handed`. */
export interface SocketListener {
  /** There was no room, and now there is. */
  onRoom(): void;
  /** The system kept sending again, and nothing was acknowledged: the peer is gone. May be called again. */
  onDead(): void;
}
