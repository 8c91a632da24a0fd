import { residentBytes } from "../../processes/usage.ts";
import { socketsAt } from "./sockets.ts";

/** What the server and its sockets held at a time. */
export interface Sample {
  /** Since the series began. */
  readonly seconds: number;
  readonly resident: number;
  readonly unacknowledged: number;
  readonly connected: number;
}

/** Looks twice a second until it is stopped. */
export interface Series {
  readonly samples: readonly Sample[];
  /** One more look, now. */
  look(): Sample;
  stop(): void;
}

/** Begins a series. */
export function startSeries(pid: number, port: number): Series {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  const look = (): Sample => {
    const seconds = (performance.now() - startedAt) / 1000;
    const sample = { seconds, resident: residentBytes([pid]), ...socketsAt(port) };
    samples.push(sample);
    return sample;
  };
  look();
  const timer = setInterval(look, 500);
  return { samples, look, stop: () => clearInterval(timer) };
}

/** A line through points by least squares. */
export interface Slope {
  /** Of y for each x. */
  readonly rise: number;
  /** Its standard error. */
  readonly error: number;
}

/** Fits a line. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const squares = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const rise = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / squares;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - rise * (x - meanX)) ** 2, 0);
  return { rise, error: Math.sqrt(rest / Math.max(1, count - 2) / squares) };
}
