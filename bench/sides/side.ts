/** What is published while a side is measured. */
export interface Offer {
  /** Events a second, for all subscribers alike. */
  readonly rate: number;
  /** Length of an event's data in bytes. */
  readonly bytes: number;
}

/** What the publisher did from start to stop. */
export interface Published {
  /** Events published; their sequence numbers are 0 to `events - 1`. */
  readonly events: number;
  /** Events that were due and not published, because the server was too busy to let the publisher run. */
  readonly dropped: number;
  /** Events whose publication failed. */
  readonly failed: number;
}

/**
 * A server that the benchmark measures. It may be any program: it has a port, processes whose usage the system knows,
 * and a way to have events published. The load generator and the measuring know nothing else of it.
 */
export interface Side {
  readonly name: string;
  /** Starts the server, on the given core if there is one. Resolves when it accepts connections. */
  start(core: number | undefined): Promise<RunningSide>;
}

/** A side whose server runs. */
export interface RunningSide {
  readonly port: number;
  /** Path and query of the stream. */
  readonly path: string;
  /** Every process that serves, so that its processor time and memory can be read. */
  readonly pids: readonly number[];
  /** How many subscribers would get an event now, or nothing where the server cannot tell. */
  subscribers(): Promise<number | undefined>;
  /** Starts publishing. */
  publish(offer: Offer): Promise<void>;
  /** Stops publishing. */
  stopPublishing(): Promise<Published>;
  /** Forces a full garbage collection; answers false where there is no such thing. */
  collectGarbage(): Promise<boolean>;
  /** Ends the server. */
  stop(): Promise<void>;
}
