import { shown } from "../../wire/fields.ts";
import { atLeastOne } from "../count.ts";
import { HubError } from "../error.ts";

/** A rate with a reserve: so many events per second in the long run, and as many as the burst at once. */
export interface RateLimit {
  /** Events per second. A fraction will do: 0.5 is one every two seconds. */
  readonly perSecond: number;
  /** Events at once, after a time of silence. By default those of one second. A batch cannot have more. */
  readonly burst?: number;
}

/** What a hub takes. Without a limit, and by default there is none, it takes all that the machine can bear. */
export interface HubLimits {
  /** Open streams. */
  readonly connections?: number;
  /** Open streams of one address: see `Party`. */
  readonly connectionsPerAddress?: number;
  /** Open streams of one principal. */
  readonly connectionsPerPrincipal?: number;
  /** Events published, of all publishers. */
  readonly publishRate?: RateLimit;
  /** Events published from one address. */
  readonly publishRatePerAddress?: RateLimit;
  /** Events published by one principal. */
  readonly publishRatePerPrincipal?: RateLimit;
}

/** A rate that passed the checks. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Limits that passed the checks. */
export interface Limits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerPrincipal: number;
  readonly publishRate: Rate | undefined;
  readonly publishRatePerAddress: Rate | undefined;
  readonly publishRatePerPrincipal: Rate | undefined;
}

/**
 * Checks limits.
 *
 * @throws HubError `bad-option`
 */
export function checkLimits(limits: HubLimits): Limits {
  return {
    connections: most(limits.connections, "limits.connections"),
    connectionsPerAddress: most(limits.connectionsPerAddress, "limits.connectionsPerAddress"),
    connectionsPerPrincipal: most(limits.connectionsPerPrincipal, "limits.connectionsPerPrincipal"),
    publishRate: rate(limits.publishRate, "limits.publishRate"),
    publishRatePerAddress: rate(limits.publishRatePerAddress, "limits.publishRatePerAddress"),
    publishRatePerPrincipal: rate(limits.publishRatePerPrincipal, "limits.publishRatePerPrincipal"),
  };
}

function most(value: number | undefined, what: string): number {
  return value === undefined || value === Infinity ? Infinity : atLeastOne(value, what);
}

function rate(limit: RateLimit | undefined, what: string): Rate | undefined {
  if (limit === undefined) return undefined;
  // Typed, but a number alone is a mistake that is easily made.
  const { perSecond, burst } = limit as Partial<RateLimit>;
  if (typeof perSecond !== "number" || !(perSecond > 0 && perSecond < Infinity)) {
    throw new HubError("bad-option", `${what} is { perSecond, burst? } with perSecond above 0, not ${shown(limit)}`);
  }
  return { perSecond, burst: atLeastOne(burst ?? Math.ceil(perSecond), `${what}.burst`) };
}
