import type { Chance } from "../chance.ts";

/** What happens to the bytes that go one way. */
export interface WayFaults {
  /** How long every piece is held up, in milliseconds, and up to how much longer. */
  readonly latency: number;
  readonly jitter: number;
  /** Pieces have at most so many bytes, each of its own size. As they come, where it is 0. */
  readonly slice: number;
  /** After so many bytes the connection is cut, in the middle of whatever it is. */
  readonly cutAfter: number | undefined;
}

/** How a connection is cut: a `FIN` in both directions, a reset, or a `FIN` to the client alone. */
export type Cut = "fin" | "reset" | "half";

/** What happens to one connection. */
export interface ConnectionFaults {
  /** To the server. */
  readonly up: WayFaults;
  /** To the client. */
  readonly down: WayFaults;
  readonly cut: Cut;
}

/** Bytes go as they come. */
export const NO_FAULTS: WayFaults = { latency: 0, jitter: 0, slice: 0, cutAfter: undefined };

/** A connection that nothing happens to. */
export const CLEAN: ConnectionFaults = { up: NO_FAULTS, down: NO_FAULTS, cut: "reset" };

/** What is likely to happen to a connection. Shares are from 0 to 1. */
export interface Weather {
  /** The share of connections whose bytes are late, and the most by how much, in milliseconds. */
  readonly late: number;
  readonly latency: number;
  /** The share whose bytes come in small pieces. */
  readonly sliced: number;
  /** The share that is cut, after at most so many bytes to the client. */
  readonly cut: number;
  readonly cutWithin: number;
}

/** Nothing happens. */
export const FAIR: Weather = { late: 0, latency: 0, sliced: 0, cut: 0, cutWithin: 0 };

/** Decides what happens to the next connection: with one seed, the same to the first, the second and so on. */
export function faultsOf(weather: Weather, chance: Chance): ConnectionFaults {
  const way = (cutAfter: number | undefined): WayFaults => {
    const latency = chance.happens(weather.late) ? chance.between(1, weather.latency) : 0;
    return { latency, jitter: latency, slice: chance.happens(weather.sliced) ? chance.between(1, 400) : 0, cutAfter };
  };
  const cutAfter = chance.happens(weather.cut) ? chance.between(0, weather.cutWithin) : undefined;
  return { up: way(undefined), down: way(cutAfter), cut: chance.pick(["fin", "reset", "half"] as const) };
}
