import { checkRecords, type Verdict } from "../../src/checker/check.ts";
import type { ConnectRecord, FrameRecord, LogRecord, RunRecord } from "../../src/logs/record.ts";

type Frame = Partial<Omit<FrameRecord, "kind" | "at">>;

/** The cursor of an offset, in a history. */
export function cursor(offset: number, history = "e", tag = offset === 0 ? "0" : `t${offset}`): string {
  return `${history}-${offset}-${tag}`;
}

/** The logs of a run, written by hand: one publisher `p`, one subscriber `s`, topic `a`, unless it is said otherwise. */
export class LogBook {
  readonly records: LogRecord[] = [];
  readonly #traced: boolean;
  #at = 0;
  #attempts = 0;
  #connections = 0;

  constructor(run: Partial<RunRecord> = {}) {
    this.#traced = run.traced ?? true;
    this.add({ kind: "run", seed: 1, versions: {}, traced: true, dedupeWindow: 1_000, ...run });
    if (this.#traced) this.add({ kind: "history", at: this.now(), cause: "begun", epoch: "e", offset: 0 });
  }

  now(): number {
    return (this.#at += 1);
  }

  add(...records: LogRecord[]): this {
    this.records.push(...records);
    return this;
  }

  /** A call for one event, and what the log did. */
  call(seq: number, topics: readonly string[] = ["a"], payload = `message ${seq}`, key?: string): number {
    const attempt = ++this.#attempts;
    const events = [{ seq, key, topics, payload }];
    this.add({ kind: "invoke", at: this.now(), publisher: "p", attempt, events });
    return attempt;
  }

  ok(attempt: number, id: string, duplicate?: true): this {
    return this.add({
      kind: "answer",
      at: this.now(),
      publisher: "p",
      attempt,
      outcome: "ok",
      events: [{ id, duplicate }],
    });
  }

  appended(id: string, topics: readonly string[] = ["a"], payload = `message ${id.split("-")[1]}`): this {
    if (!this.#traced) return this;
    return this.add({ kind: "appended", at: this.now(), cursor: id, topics, payload });
  }

  /** Events 1, 2, … published, appended and acknowledged. */
  published(through: number, topics: readonly string[] = ["a"], from = 1): this {
    for (let offset = from; offset <= through; offset++) {
      const attempt = this.call(offset, topics);
      this.appended(cursor(offset), topics).ok(attempt, cursor(offset));
    }
    return this;
  }

  evicted(offset: number): this {
    return this.add({ kind: "evicted", at: this.now(), cursor: cursor(offset) });
  }

  connect(more: Partial<ConnectRecord> = {}): this {
    const connection = ++this.#connections;
    return this.add({ kind: "connect", at: this.now(), subscriber: "s", connection, topics: ["a"], ...more });
  }

  frame(event: string, more: Frame = {}): this {
    const where = { subscriber: "s", connection: this.#connections };
    return this.add({ kind: "frame", at: this.now(), ...where, event, ...more });
  }

  /** A stream that opens at a position, or without one. */
  opening(id?: string): this {
    return this.frame("tidings:cursor", { id, retry: 1_000, data: '{"heartbeat":15000}' });
  }

  /** A stream that opens at a position and is live there. */
  open(offset = 0, more: Partial<ConnectRecord> = {}): this {
    return this.connect(more).opening(cursor(offset)).live(offset);
  }

  live(offset: number): this {
    return this.frame("tidings:live", { id: cursor(offset), data: "" });
  }

  heartbeat(offset: number): this {
    return this.frame("tidings:cursor", { id: cursor(offset), data: "" });
  }

  events(...offsets: number[]): this {
    for (const offset of offsets) this.event(cursor(offset), `message ${offset}`);
    return this;
  }

  event(id: string | undefined, payload: string, topics: readonly string[] = ["a"]): this {
    return this.frame("message", { id, payload, topics });
  }

  gap(after: number, through: number, id: number | "none" = through, reason = "evicted"): this {
    const data = JSON.stringify({ reason, after: cursor(after), through: cursor(through) });
    return this.frame("tidings:gap", { id: id === "none" ? undefined : cursor(id), data });
  }

  reset(id: string | undefined, reason = "history-changed"): this {
    return this.frame("tidings:reset", { id, data: JSON.stringify({ reason }) });
  }

  /** The run ends: what was violated. */
  end(): Verdict {
    return checkRecords([...this.records, { kind: "end", at: this.now() }]);
  }

  /** The names of what was violated, each once. */
  violated(): string[] {
    return [...new Set(this.end().violations.map(({ invariant }) => invariant))];
  }
}
