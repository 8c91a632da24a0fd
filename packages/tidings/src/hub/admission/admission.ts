import type { Runtime } from "../runtime.ts";
import { addressText } from "./address-key.ts";
import { Comeback } from "./comeback.ts";
import { Lifetimes, type Mortal } from "./lifetimes.ts";
import type { Limits } from "./limits.ts";
import { Overload, type SheddingTimes } from "./overload.ts";
import type { Party } from "./party.ts";
import { REFUSAL_REASONS, type Refusal, type RefusalReason } from "./refusal.ts";
import { Tallies, type Tally } from "./tally.ts";

/** What a stream is counted under, where there are limits. */
export interface Seat {
  readonly address: Tally | undefined;
  readonly principal: Tally | undefined;
}

/** A stream that was let in. */
export interface Admitted extends Mortal {
  seat: Seat | undefined;
}

/** How a hub lets streams in, and out again. */
export interface AdmissionSettings {
  readonly limits: Limits;
  /** Of a connection, in milliseconds. */
  readonly maxLifetime: number | undefined;
  readonly shed: SheddingTimes | undefined;
}

/** Decides which streams begin, and how long they last. */
export class Admission {
  readonly #streams: ReadonlySet<Admitted>;
  readonly #connections: number;
  readonly #addresses: Tallies | undefined;
  readonly #principals: Tallies | undefined;
  readonly #overload: Overload | undefined;
  readonly #lifetimes: Lifetimes | undefined;
  readonly #comeback: Comeback;
  readonly #refused = Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Record<RefusalReason, number>;

  /**
   * @param retry the range of a stream's `retry:`, in milliseconds
   * @param streams all that are open, kept by the engine
   */
  constructor(
    { limits, maxLifetime, shed }: AdmissionSettings,
    retry: { readonly min: number; readonly max: number },
    runtime: Runtime,
    streams: ReadonlySet<Admitted>,
  ) {
    this.#streams = streams;
    this.#connections = limits.connections;
    this.#addresses = talliesOf(limits.connectionsPerAddress);
    this.#principals = talliesOf(limits.connectionsPerPrincipal);
    this.#overload = shed === undefined ? undefined : new Overload(shed, runtime, () => streams.size > 0);
    this.#lifetimes = maxLifetime === undefined ? undefined : new Lifetimes(maxLifetime, runtime, streams);
    this.#comeback = new Comeback(retry, runtime);
  }

  /** Whether the event loop has been late for so long that no stream is let in. */
  get overloaded(): boolean {
    return this.#overload?.isOverloaded ?? false;
  }

  /** How many streams were refused, by reason. */
  get refused(): Readonly<Record<RefusalReason, number>> {
    return { ...this.#refused };
  }

  /** Whether a stream may not begin. Then it is counted. */
  refusal(party: Party): Refusal | undefined {
    this.#overload?.start();
    const reason = this.#reason(party);
    if (reason === undefined) return undefined;
    this.#refused[reason]++;
    return { reason, retry: this.#comeback.next() };
  }

  /** A stream begins. */
  enter(stream: Admitted, { address, principal }: Party): void {
    const seat = {
      address: address === undefined ? undefined : this.#addresses?.enter(addressText(address)),
      principal: principal === undefined ? undefined : this.#principals?.enter(principal),
    };
    if (seat.address !== undefined || seat.principal !== undefined) stream.seat = seat;
    this.#lifetimes?.begin(stream);
  }

  /** A stream has ended, however it did. */
  leave({ seat }: Admitted): void {
    if (seat?.address !== undefined) this.#addresses?.leave(seat.address);
    if (seat?.principal !== undefined) this.#principals?.leave(seat.principal);
  }

  /** The hub closes. */
  stop(): void {
    this.#overload?.stop();
    this.#lifetimes?.stop();
  }

  #reason({ address, principal }: Party): RefusalReason | undefined {
    if (this.overloaded) return "overload";
    if (this.#streams.size >= this.#connections) return "connections";
    if (address !== undefined && this.#addresses?.isFull(addressText(address))) return "address";
    if (principal !== undefined && this.#principals?.isFull(principal)) return "principal";
    return undefined;
  }
}

function talliesOf(limit: number): Tallies | undefined {
  return limit === Infinity ? undefined : new Tallies(limit);
}
