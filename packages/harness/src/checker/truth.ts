import type { AppendedRecord, EntryRecord, EvictedRecord, HistoryRecord, RunRecord } from "../logs/record.ts";
import { placeOf, type Place } from "./cursor.ts";
import { History, type KnownEntry } from "./history.ts";
import type { OnViolation } from "./violation.ts";

/** How many entries a log may have had that no one was told of: what was being published when it was cut. */
const IN_FLIGHT = 100;

type Told = Pick<EntryRecord, "cursor" | "topics" | "payload"> & { readonly at?: number | undefined };

/**
 * What was in the log at which time: from the log's own records where it has them, otherwise from what publishers were
 * answered, what subscribers received and what was there at the end.
 */
export class Truth {
  readonly histories: History[] = [];
  readonly #run: RunRecord;
  readonly #onViolation: OnViolation;
  /** The offsets of the dump. */
  readonly #dumped = new Map<History, Map<number, string>>();

  constructor(run: RunRecord, onViolation: OnViolation) {
    this.#run = run;
    this.#onViolation = onViolation;
  }

  /** Whether every entry is known. */
  get traced(): boolean {
    return this.#run.traced;
  }

  /** Whether the log outlives its process. */
  get durable(): boolean {
    return this.#run.durable === true;
  }

  /** The history that the run ended with. */
  get final(): History | undefined {
    return [...this.#dumped.keys()].at(-1) ?? this.histories.at(-1);
  }

  begin({ cause, epoch, offset = 0, at }: HistoryRecord): void {
    if (epoch === undefined) return;
    const before = this.histories.at(-1);
    if (cause === "restarted" && this.histories.some((history) => history.epoch === epoch)) {
      this.#onViolation({ invariant: "I2", at, what: `A log that lost its entries began again under ${epoch}` });
    }
    this.histories.push(new History(epoch, at, cause === "rewound" ? before : undefined, offset));
  }

  appended({ at, cursor, topics, payload }: AppendedRecord): void {
    const place = placeOf(cursor);
    const history = this.histories.at(-1);
    if (place === undefined || history?.epoch !== place.epoch || place.offset !== history.head + 1) {
      this.#onViolation({ invariant: "I2", at, what: `The log appended ${cursor} after ${history?.head}` });
    }
    if (place !== undefined) history?.add({ ...place, topics, payload, at });
  }

  evict({ at, cursor }: EvictedRecord): void {
    const place = placeOf(cursor);
    if (place !== undefined) this.histories.at(-1)?.evict(at, place.offset);
  }

  /** Takes what someone was told of an entry. Another event there than is known is a violation of agreement. */
  told({ cursor, topics, payload, at }: Told, who: string): KnownEntry | undefined {
    const place = placeOf(cursor);
    const history = place === undefined ? undefined : this.of(place, true);
    if (place === undefined || history === undefined) {
      this.#onViolation({ invariant: "I2", at, who, what: `No log gave the cursor ${cursor}` });
      return undefined;
    }
    const known = history.entry(place.offset);
    if (known === undefined) {
      if (this.traced) {
        this.#onViolation({ invariant: "I1", at, who, what: `${cursor}, ${payload}, is not in the log` });
      } else history.add({ ...place, topics, payload, at });
      return history.entry(place.offset);
    }
    if (known.payload !== payload || known.topics.join("\n") !== topics.join("\n") || known.tag !== place.tag) {
      const what = `At ${cursor} is ${payload} to ${topics.join()}, and elsewhere ${known.payload} to ${known.topics.join()}`;
      this.#onViolation({ invariant: "I2", at, who, what });
    }
    return known;
  }

  dumped(record: EntryRecord): void {
    this.told(record, "the log");
    const place = placeOf(record.cursor);
    const history = place === undefined ? undefined : this.of(place);
    if (place === undefined || history === undefined) return;
    const entries = this.#dumped.get(history) ?? new Map<number, string>();
    entries.set(place.offset, record.payload);
    this.#dumped.set(history, entries);
  }

  /** Whether the dump lacks an entry after the first that it has. */
  isLost(history: History, offset: number): boolean {
    const dump = this.#dumped.get(history);
    const first = dump?.keys().next().value;
    return dump !== undefined && first !== undefined && offset >= first && !dump.has(offset);
  }

  /** The newest history that a place is of. Made, if asked, where the log does not say what histories it had. */
  of(place: Place, make = false): History | undefined {
    const found =
      this.histories.findLast((history) => history.has(place) === true) ??
      this.histories.findLast((history) => history.has(place) === undefined);
    if (found !== undefined || !make || this.traced)
      return found ?? this.histories.findLast(({ epoch }) => epoch === place.epoch);
    const [first] = this.histories;
    if (this.durable && first !== undefined) {
      this.#onViolation({
        invariant: "I7",
        what: `A durable log of ${first.epoch} has no such place: ${place.epoch}-${place.offset}`,
      });
    }
    const made = new History(place.epoch, Number.NEGATIVE_INFINITY);
    this.histories.push(made);
    return made;
  }

  /** The log's history at some time, if that is known. */
  at(time: number): History | undefined {
    return this.histories.findLast(({ begun }) => begun <= time);
  }

  /** Whether the history may have changed after one time, up to another. */
  changed(after: number, through: number): boolean {
    return this.histories.slice(1).some(({ begun }) => begun > after && begun <= through);
  }

  /** Through where retention may have let go of the histories that have a place. Everything, if nothing is known. */
  evicted(place: Place, time: number): number {
    const { maxEvents } = this.#run;
    let evicted = 0;
    for (const history of this.histories) {
      if (history.has(place) === false) continue;
      const head = history.headAt(time, IN_FLIGHT);
      const bound = maxEvents === undefined ? Number.POSITIVE_INFINITY : head - maxEvents;
      evicted = Math.max(evicted, this.traced ? history.evictedAt(time) : bound);
    }
    return evicted;
  }
}
