import type { Publication } from "../load/requests.ts";

/**
 * A server that the benchmark measures. It may be any program: it has a port, processes whose usage the system knows, and
 * a request that publishes. The load generator and the measuring know nothing else of it.
 */
export interface Side {
  readonly name: string;
  /** Starts the server, on the given core if there is one. Resolves when it accepts connections. */
  start(core: number | undefined): Promise<RunningSide>;
}

/** A side whose server runs. */
export interface RunningSide {
  /** The port of the streams and of publishing, on 127.0.0.1. */
  readonly port: number;
  /** Path and query of the stream. */
  readonly path: string;
  /** How an event is published. */
  readonly publication: Publication;
  /** Every process that serves, so that its processor time and memory can be read. */
  readonly pids: readonly number[];
  /** How many subscribers would get an event now, or nothing where the server cannot tell. */
  subscribers(): Promise<number | undefined>;
  /** Forces a full garbage collection, where there is such a thing. */
  collectGarbage(): Promise<void>;
  /** Ends the server. */
  stop(): Promise<void>;
}
