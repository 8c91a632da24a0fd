import { HubError } from "../error.ts";
import type { Runtime } from "../runtime.ts";
import { addressText } from "./address-key.ts";
import type { Limits, Rate } from "./limits.ts";
import type { Party } from "./party.ts";
import { PublishRate } from "./publish-rate.ts";

/** Addresses and principals whose rate is remembered, each: about a megabyte. */
const MOST_KEYS = 10_000;

/** One of the rates that a publish is held to. */
interface Held {
  readonly rate: PublishRate;
  readonly key: string;
  /** Whose it is, for the error. */
  readonly whose: string;
}

/** Holds publishers to their rates. */
export class PublishAdmission {
  readonly #runtime: Runtime;
  readonly #ofHub: PublishRate | undefined;
  readonly #ofAddress: PublishRate | undefined;
  readonly #ofPrincipal: PublishRate | undefined;
  #refused = 0;

  constructor(limits: Limits, runtime: Runtime) {
    this.#runtime = runtime;
    this.#ofHub = rateOf(limits.publishRate, 1);
    this.#ofAddress = rateOf(limits.publishRatePerAddress, MOST_KEYS);
    this.#ofPrincipal = rateOf(limits.publishRatePerPrincipal, MOST_KEYS);
  }

  /** How many publishes were refused. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes so many events out of every rate that the publisher is held to, or out of none.
   *
   * @throws HubError `rate-limited` with the time after which the same would be taken, `batch-too-large` if it never would
   */
  take(events: number, by: Party): void {
    const held = this.#heldTo(by);
    if (held.length === 0) return;
    const elapsed = this.#runtime.elapsed();
    for (const { rate, key, whose } of held) {
      if (events > rate.burst) {
        this.#refused++;
        const detail = `A batch has at most ${rate.burst} events, not ${events}: the burst of the rate ${whose}`;
        throw new HubError("batch-too-large", detail);
      }
      const wait = rate.wait(key, events, elapsed);
      if (wait === 0) continue;
      this.#refused++;
      throw new HubError("rate-limited", `The rate of events ${whose} is used up for now`, {
        retryAfter: Math.ceil(Math.max(...held.map((each) => each.rate.wait(each.key, events, elapsed)))),
      });
    }
    for (const { rate, key } of held) rate.take(key, events, elapsed);
  }

  #heldTo({ address, principal }: Party): Held[] {
    const held: Held[] = [];
    if (this.#ofHub !== undefined) held.push({ rate: this.#ofHub, key: "", whose: "of all publishers together" });
    if (this.#ofAddress !== undefined && address !== undefined) {
      held.push({ rate: this.#ofAddress, key: addressText(address), whose: "from one address" });
    }
    if (this.#ofPrincipal !== undefined && principal !== undefined) {
      held.push({ rate: this.#ofPrincipal, key: principal, whose: "of one publisher" });
    }
    return held;
  }
}

function rateOf(rate: Rate | undefined, mostKeys: number): PublishRate | undefined {
  return rate === undefined ? undefined : new PublishRate(rate, mostKeys);
}
