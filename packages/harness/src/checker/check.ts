import { logFiles, readLogs } from "../logs/read.ts";
import type { ChangedRecord, EntryRecord, FaultRecord, LogRecord, RunRecord } from "../logs/record.ts";
import { Publishers, type Outcomes } from "./publishers.ts";
import { SubscriberCheck, type Received } from "./subscriber.ts";
import { Truth } from "./truth.ts";
import type { Violation } from "./violation.ts";

/** What a run came to. */
export interface Verdict {
  readonly run: RunRecord;
  readonly violations: readonly Violation[];
  readonly published: Readonly<Outcomes>;
  readonly received: Readonly<Received>;
  readonly subscribers: number;
  /** What was broken on purpose, in order. */
  readonly faults: readonly FaultRecord[];
}

/** So many violations are kept; a broken hub makes one of each frame. */
const MOST = 100;

/**
 * Checks the records of one run, offline. They are looked at twice: first for what was published and what the log held,
 * then for what each subscriber received. It holds the log and the publishers' calls, and a few cursors a subscriber.
 */
class Checker {
  readonly #violations: Violation[] = [];
  readonly #publishers = new Publishers();
  readonly #subscribers = new Map<string, SubscriberCheck>();
  readonly #left = new Set<string>();
  /** What changes of topics came to, by subscriber and number. */
  readonly #changed = new Map<string, ChangedRecord>();
  readonly #received: Received = { connections: 0, delivered: 0, snapshots: 0, gaps: {}, resets: 0, changes: 0 };
  readonly #faults: FaultRecord[] = [];
  #entries: EntryRecord[] = [];
  #run: RunRecord | undefined;
  #truth: Truth | undefined;
  #ended: number | undefined;

  /** The first look at a record. */
  first(record: LogRecord): void {
    switch (record.kind) {
      case "run":
        this.#run = record;
        return;
      case "history":
        return this.#known.begin(record);
      case "appended":
        return this.#known.appended(record);
      case "evicted":
        return this.#known.evict(record);
      case "invoke":
        return this.#publishers.invoke(record);
      case "answer":
        return this.#publishers.answer(record);
      case "entry":
        this.#entries.push(record);
        return;
      case "fault":
        this.#faults.push(record);
        return;
      case "error":
        this.#say({ invariant: "I17", at: record.at, what: record.what });
        return;
      case "stats":
        if (record.subscribers + record.topics === 0) return;
        this.#say({
          invariant: "I17",
          at: record.at,
          what: `All have left, and the hub has ${record.subscribers} subscribers and ${record.topics} topics`,
        });
        return;
      case "end":
        this.#ended = record.at;
        return;
      case "changed":
        this.#changed.set(`${record.subscriber} ${record.number}`, record);
        return;
      case "connect":
      case "frame":
      case "disconnect":
      case "leave":
      case "change":
    }
  }

  /** Between the two looks. */
  settle(): void {
    if (this.#run === undefined) return;
    this.#publishers.tell(this.#known);
    for (const record of this.#entries) this.#known.dumped(record);
    this.#entries = [];
    this.#publishers.check(this.#known, this.#run, (violation) => this.#say(violation));
  }

  /** The second look at a record. */
  second(record: LogRecord): void {
    switch (record.kind) {
      case "connect":
        return this.#subscriber(record.subscriber).connect(record);
      case "frame":
        return this.#subscriber(record.subscriber).frame(record);
      case "disconnect":
        return this.#subscriber(record.subscriber).disconnect();
      case "change": {
        const changed = this.#changed.get(`${record.subscriber} ${record.number}`);
        if (changed?.outcome === "ok") this.#received.changes++;
        return this.#subscriber(record.subscriber).change({ change: record, changed });
      }
      case "leave":
        this.#left.add(record.subscriber);
        return;
      default:
    }
  }

  verdict(): Verdict {
    if (this.#run === undefined) throw new Error("These are no logs of a run: there is no record of the kind run");
    if (this.#ended === undefined) this.#say({ invariant: "I9", what: "The run did not come to its end" });
    else for (const [name, each] of this.#subscribers) if (!this.#left.has(name)) each.end(this.#ended);
    return {
      run: this.#run,
      violations: this.#violations,
      published: this.#publishers.outcomes,
      received: this.#received,
      subscribers: this.#subscribers.size,
      faults: this.#faults,
    };
  }

  get #known(): Truth {
    if (this.#truth !== undefined) return this.#truth;
    if (this.#run === undefined) throw new Error("The record of the kind run has to be the first");
    return (this.#truth = new Truth(this.#run, (violation) => this.#say(violation)));
  }

  #subscriber(name: string): SubscriberCheck {
    let found = this.#subscribers.get(name);
    if (found === undefined) {
      const onViolation = (violation: Violation): void => this.#say(violation);
      const facts = { truth: this.#known, publishers: this.#publishers, received: this.#received, onViolation };
      this.#subscribers.set(name, (found = new SubscriberCheck(name, facts)));
    }
    return found;
  }

  #say(violation: Violation): void {
    if (this.#violations.length < MOST) this.#violations.push(violation);
  }
}

/** Checks records that are in memory. */
export function checkRecords(records: readonly LogRecord[]): Verdict {
  const checker = new Checker();
  for (const record of records) checker.first(record);
  checker.settle();
  for (const record of records) checker.second(record);
  return checker.verdict();
}

/**
 * Checks the logs of one run: a file, or a folder of them.
 *
 * @throws Error if they are no logs
 */
export async function checkLogs(path: string): Promise<Verdict> {
  // The record of the run comes first, wherever it is.
  const files = (await logFiles(path)).toSorted(
    (one, other) => Number(other.endsWith("run.ndjson")) - Number(one.endsWith("run.ndjson")),
  );
  const checker = new Checker();
  for await (const record of readLogs(files)) checker.first(record);
  checker.settle();
  for await (const record of readLogs(files)) checker.second(record);
  return checker.verdict();
}
