import type { ChangedRecord, ChangeRecord } from "../logs/record.ts";
import { placeOf, type Place } from "./cursor.ts";
import type { History } from "./history.ts";
import { entitled } from "./topics.ts";

/** A change of topics, and what became of it. */
export interface KnownChange {
  readonly change: ChangeRecord;
  readonly changed: ChangedRecord | undefined;
}

/** Whether a topic or a pattern is asked for. What is not here is not. */
type Names = Map<string, "yes" | "maybe">;

/**
 * What one stream asks for, at each place of the log: its topics change at the cursor that the change was answered with.
 * Of a change that was not answered, or whose place the log has lost, it is not known: then nothing is held against
 * anyone.
 */
export class Asked {
  readonly #names: Names;
  /** Those that the stream has not come to, in the order of the calls. */
  readonly #changes: KnownChange[] = [];
  /** Those that a reset may have put into effect before their place. */
  readonly #early = new Set<KnownChange>();

  constructor(topics: readonly string[]) {
    this.#names = new Map(topics.map((name) => [name, "yes"]));
  }

  /** A change was called for. */
  add(change: KnownChange): void {
    if (change.changed?.outcome !== "fail") this.#changes.push(change);
  }

  /** The stream is at a place: from now on what it asked for there holds, wherever a reset takes it. */
  come(place: Place, history: History | undefined): void {
    const last = this.#changes.findLastIndex((known) => isAt(known, place.offset, history));
    for (const known of this.#changes.splice(0, last + 1)) apply(this.#names, known, history);
  }

  /** The stream is told of another history: it may have been beyond the place of a change, in the one before. */
  reset(): void {
    for (const known of this.#changes) this.#early.add(known);
  }

  /**
   * Whether a change lies between where the stream was and an offset: then it has not told that it came to it. What
   * changes nothing has no place of its own, and is not told.
   */
  changesBefore(offset: number, history: History | undefined): boolean {
    const names: Names = new Map(this.#names);
    return this.#changes.some((known) => {
      const isChange = alters(names, known);
      apply(names, known, history);
      return isChange && !this.#early.has(known) && isAt(known, offset - 1, history);
    });
  }

  /** Whether an event at an offset has to come. */
  requires(offset: number, topics: readonly string[], history: History | undefined): boolean {
    const names = this.#at(offset, history);
    return entitled(those(names, "yes"), topics);
  }

  /** Whether an event at an offset may come. */
  allows(offset: number, topics: readonly string[], history: History | undefined): boolean {
    return entitled([...this.#at(offset, history).keys()], topics);
  }

  /** What is asked for at an offset, if that is known. */
  namesAt(offset: number, history: History | undefined): readonly string[] | undefined {
    const names = this.#at(offset, history);
    return [...names.values()].includes("maybe") ? undefined : [...names.keys()];
  }

  #at(offset: number, history: History | undefined): Names {
    if (this.#changes.length === 0) return this.#names;
    const names: Names = new Map(this.#names);
    for (const known of this.#changes) {
      const place = placeIn(known, history);
      if (place === undefined || place.offset < offset) apply(names, known, history);
      else if (this.#early.has(known)) apply(names, known, undefined);
    }
    return names;
  }
}

function isAt(known: KnownChange, offset: number, history: History | undefined): boolean {
  const place = placeIn(known, history);
  return place !== undefined && place.offset <= offset;
}

/** Where a change takes effect in a history, if that is known. */
function placeIn({ changed }: KnownChange, history: History | undefined): Place | undefined {
  const place = changed?.outcome === "ok" ? placeOf(changed.id ?? "") : undefined;
  return place !== undefined && history?.has(place) === true ? place : undefined;
}

/** Whether a change is sure to be one. */
function alters(names: Names, { change: { add, remove } }: KnownChange): boolean {
  return !add.every((name) => names.has(name)) || remove.some((name) => names.get(name) === "yes");
}

function apply(names: Names, known: KnownChange, history: History | undefined): void {
  const isKnown = placeIn(known, history) !== undefined;
  const { add, remove } = known.change;
  for (const name of add) if (isKnown || !names.has(name)) names.set(name, isKnown ? "yes" : "maybe");
  for (const name of remove) {
    if (isKnown) names.delete(name);
    else if (names.has(name)) names.set(name, "maybe");
  }
}

function those(names: Names, what: "yes" | "maybe"): string[] {
  return [...names].flatMap(([name, each]) => (each === what ? [name] : []));
}
