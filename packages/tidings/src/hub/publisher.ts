import type { Party } from "./admission/party.ts";
import type { PublishAdmission } from "./admission/publish-admission.ts";
import { formatCursor } from "./cursor.ts";
import { HubError } from "./error.ts";
import type { Appended, Draft, Durability, Log, Position } from "./log/log.ts";
import {
  checkPublication,
  hashKey,
  type Addressed,
  type Checked,
  type PublicationLimits,
  type UntypedPublication,
} from "./publication.ts";

/** The answer to a publish: the event is in the log. */
export interface Published {
  /** The event's cursor: what `id:` carries. */
  readonly id: string;
  /** What the acknowledgement survives. */
  readonly durability: Durability;
  /** The event was there already, under the same idempotency key. */
  readonly duplicate?: true;
}

/** Checks what is published, and appends it to the log in the order of the calls. */
export class Publisher {
  readonly #log: Log;
  readonly #limits: PublicationLimits;
  readonly #counters: { published: number };
  readonly #admission: PublishAdmission;
  /** Calls that wait for the hash of a key; later ones wait for them, so that calls keep their order. */
  #hashing: Promise<unknown> | undefined;
  #pending = 0;
  #acknowledged: Position | undefined;

  constructor(log: Log, limits: PublicationLimits, counters: { published: number }, admission: PublishAdmission) {
    this.#log = log;
    this.#limits = limits;
    this.#counters = counters;
    this.#admission = admission;
  }

  /** How many calls are not answered. */
  get pending(): number {
    return this.#pending;
  }

  /** The newest position that was answered. */
  get acknowledged(): Position | undefined {
    return this.#acknowledged;
  }

  /**
   * Appends events to the log, next to each other.
   *
   * @throws HubError if one of them is refused, and then none was appended; `log-failed` if that is not known
   */
  async publish(publications: readonly Addressed<UntypedPublication>[], by: Party): Promise<Published[]> {
    this.#pending++;
    try {
      const checked = this.#check(publications);
      // What is refused for what it is costs its publisher nothing.
      this.#admission.take(checked.length, by);
      return await this.#append(checked);
    } finally {
      this.#pending--;
    }
  }

  #check(publications: readonly Addressed<UntypedPublication>[]): Checked[] {
    if (!isList(publications)) throw new HubError("bad-option", "A batch is an array of events");
    const { maxBatch } = this.#limits;
    if (publications.length > maxBatch) {
      throw new HubError("batch-too-large", `A batch has at most ${maxBatch} events, not ${publications.length}`);
    }
    return publications.map((publication, index) => {
      try {
        return checkPublication(publication, this.#limits);
      } catch (error) {
        if (publications.length === 1 || !(error instanceof HubError)) throw error;
        throw new HubError(error.code, `${error.message} (event ${index + 1} of ${publications.length})`, {
          cause: error,
        });
      }
    });
  }

  async #append(checked: readonly Checked[]): Promise<Published[]> {
    const keyed = checked.some(({ idempotencyKey }) => idempotencyKey !== undefined);
    const isLater = keyed || this.#hashing !== undefined;
    const { appending } = isLater ? await this.#hash(checked) : { appending: this.#log.append(checked.map(unkeyed)) };
    const appended = await appending.catch(logFailure);
    const { durability } = this.#log;
    return appended.map(({ position, duplicate }) => {
      if (duplicate) return { id: formatCursor(position), durability, duplicate };
      this.#counters.published++;
      this.#acknowledged = position;
      return { id: formatCursor(position), durability };
    });
  }

  /** Appends once the keys are hashed. Until then the calls that come wait, too. */
  async #hash(checked: readonly Checked[]): Promise<{ readonly appending: Promise<readonly Appended[]> }> {
    const mine = this.#appendAfter(this.#hashing, Promise.all(checked.map(hashed)));
    this.#hashing = mine;
    try {
      return await mine;
    } finally {
      if (this.#hashing === mine) this.#hashing = undefined;
    }
  }

  /** Appends drafts, not before the calls that came first. Does not wait for the log's answer. */
  async #appendAfter(
    before: Promise<unknown> | undefined,
    drafts: Promise<Draft[]>,
  ): Promise<{ readonly appending: Promise<readonly Appended[]> }> {
    await Promise.allSettled([before, drafts]);
    return { appending: this.#log.append(await drafts) };
  }
}

async function hashed(checked: Checked): Promise<Draft> {
  const draft = unkeyed(checked);
  return checked.idempotencyKey === undefined
    ? draft
    : { ...draft, key: await hashKey(checked, checked.idempotencyKey) };
}

function unkeyed({ idempotencyKey: _, ...draft }: Checked): Draft {
  return { ...draft, key: undefined };
}

/** As the name says; by `Array.isArray` itself the compiler would take it for a list of anything. */
function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/** A refusal is told as it is; anything else is the log's own trouble, and the outcome is not known. */
function logFailure(cause: unknown): never {
  if (cause instanceof HubError) throw cause;
  throw new HubError("log-failed", "The log failed; publish again with an idempotency key to be sure", { cause });
}
