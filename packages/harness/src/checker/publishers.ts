import type { AnswerRecord, Attempted, InvokeRecord, RunRecord } from "../logs/record.ts";
import type { History, KnownEntry } from "./history.ts";
import { placeOf, type Place } from "./cursor.ts";
import type { Truth } from "./truth.ts";
import type { OnViolation } from "./violation.ts";

interface Call {
  readonly invoke: InvokeRecord;
  answer: AnswerRecord | undefined;
}

/** One event of one publisher, over all tries. */
interface Operation {
  readonly publisher: string;
  readonly seq: number;
  readonly keyed: boolean;
  readonly payload: string;
  readonly topics: readonly string[];
  readonly calls: Call[];
  /** When it was tried first. */
  readonly invoked: number;
  /** Where it was answered to be, and when. */
  readonly answered: { readonly at: number; readonly place: Place }[];
}

/** How many events came to what. */
export interface Outcomes {
  acknowledged: number;
  duplicates: number;
  failed: number;
  unknown: number;
}

/** What publishers tried, and whether the log has what became of it. */
export class Publishers {
  readonly outcomes: Outcomes = { acknowledged: 0, duplicates: 0, failed: 0, unknown: 0 };
  readonly #calls: Call[] = [];
  readonly #open = new Map<string, Call>();
  readonly #operations = new Map<string, Operation>();

  invoke(invoke: InvokeRecord): void {
    const call: Call = { invoke, answer: undefined };
    this.#calls.push(call);
    this.#open.set(`${invoke.publisher} ${invoke.attempt}`, call);
    for (const event of invoke.events) this.#operation(invoke, event).calls.push(call);
  }

  answer(answer: AnswerRecord): void {
    const call = this.#open.get(`${answer.publisher} ${answer.attempt}`);
    if (call !== undefined) call.answer = answer;
  }

  /** Whether a publisher tried to publish this, and was not refused every time. */
  published(payload: string, topics: readonly string[]): boolean {
    const operation = this.#operations.get(`${payload}\n${topics.join("\n")}`);
    return operation !== undefined && operation.calls.some(({ answer }) => answer?.outcome !== "fail");
  }

  /** Tells where publishers were answered that their events are. */
  tell(truth: Truth): void {
    for (const { invoke, answer } of this.#calls) {
      if (answer?.outcome !== "ok") continue;
      for (const [index, { topics, payload }] of invoke.events.entries()) {
        const told = answer.events?.[index];
        // Without the log's own records the time of the first try is what is known: it was appended after that.
        const at = this.#operations.get(`${payload}\n${topics.join("\n")}`)?.invoked;
        if (told !== undefined) truth.told({ cursor: told.id, topics, payload, at }, invoke.publisher);
      }
    }
  }

  /** Compares what publishers were answered with the log. */
  check(truth: Truth, run: RunRecord, onViolation: OnViolation): void {
    for (const call of this.#calls) this.#checkCall(call, truth, onViolation);
    for (const history of truth.histories) this.#checkHistory(history, run, onViolation);
  }

  #operation(invoke: InvokeRecord, { seq, key, topics, payload }: Attempted): Operation {
    const name = `${payload}\n${topics.join("\n")}`;
    let operation = this.#operations.get(name);
    if (operation === undefined) {
      const { publisher, at } = invoke;
      const keyed = key !== undefined;
      operation = { publisher, seq, keyed, payload, topics, calls: [], invoked: at, answered: [] };
      this.#operations.set(name, operation);
    }
    return operation;
  }

  #checkCall({ invoke, answer }: Call, truth: Truth, onViolation: OnViolation): void {
    const who = invoke.publisher;
    if (answer?.outcome === "fail") this.outcomes.failed += invoke.events.length;
    else if (answer?.outcome !== "ok") this.outcomes.unknown += invoke.events.length;
    if (answer?.outcome !== "ok") return;
    const { at } = answer;
    const answered = answer.events ?? [];
    if (answered.length !== invoke.events.length) {
      onViolation({ invariant: "I2", at, who, what: `${invoke.events.length} events, ${answered.length} answers` });
    }
    let next: number | undefined;
    for (const [index, { seq, topics, payload }] of invoke.events.entries()) {
      const told = answered[index];
      if (told === undefined) return;
      if (told.duplicate) this.outcomes.duplicates++;
      else this.outcomes.acknowledged++;
      const operation = this.#operation(invoke, { seq, topics, payload });
      const place = placeOf(told.id);
      if (place !== undefined) operation.answered.push({ at, place });
      if (told.duplicate || place === undefined) continue;
      if (next !== undefined && place.offset !== next) {
        onViolation({ invariant: "I5", at, who, what: `A batch has ${told.id} where ${next} follows` });
      }
      next = place.offset + 1;
      const history = truth.of(place);
      if (history !== undefined && history === truth.final && truth.isLost(history, place.offset)) {
        onViolation({ invariant: "I7", at, who, what: `${told.id} was acknowledged, and the log does not have it` });
      }
    }
  }

  /** The order of what each publisher published, and how often, in one history. */
  #checkHistory(history: History, { dedupeWindow, inOrder }: RunRecord, onViolation: OnViolation): void {
    /** The latest first try of what stands before. */
    const latest = new Map<string, Operation>();
    const seen = new Map<Operation, KnownEntry>();
    for (let offset = 1; offset <= history.head; offset++) {
      const entry = history.entry(offset);
      const operation = this.#operations.get(`${entry?.payload}\n${entry?.topics.join("\n")}`);
      if (entry === undefined || entry.topics[0]?.startsWith("$hub/")) continue;
      if (operation === undefined || !this.published(operation.payload, operation.topics)) {
        const what = `The log has ${entry.payload} at ${offset}, which no one published`;
        onViolation({ invariant: "I1", at: entry.at, what });
        continue;
      }
      const { publisher: who } = operation;
      const first = seen.get(operation);
      if (first !== undefined) {
        const since = (entry.at ?? operation.invoked) - (first.at ?? operation.invoked);
        if (operation.keyed && since > dedupeWindow) continue;
        const what = `${operation.payload} is at ${first.offset} and again at ${offset}`;
        onViolation({ invariant: "I3", at: entry.at, who, what });
        continue;
      }
      seen.set(operation, entry);
      const before = latest.get(who);
      const known = operation.answered.find(({ place }) => place.offset === offset && history.has(place) === true);
      if (before !== undefined && known !== undefined && known.at < before.invoked) {
        const what = `${operation.payload} at ${offset} was acknowledged before ${before.payload} was called, and follows it`;
        onViolation({ invariant: "I5", at: entry.at, who, what });
      }
      // Where the log keeps the order of the calls, even those that were not answered are in order.
      const areOnce = operation.calls.length === 1 && before?.calls.length === 1;
      if (inOrder && areOnce && before !== undefined && operation.invoked < before.invoked) {
        const what = `${operation.payload} at ${offset} was called before ${before.payload}, and follows it`;
        onViolation({ invariant: "I5", at: entry.at, who, what });
      }
      if (before === undefined || before.invoked < operation.invoked) latest.set(who, operation);
    }
  }
}
