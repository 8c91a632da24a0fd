import { formatEvent } from "../wire/encode.ts";
import { matchesPattern } from "../wire/topic-pattern.ts";

/** An event that a test source has. */
interface TestEvent {
  readonly offset: number;
  readonly topics: readonly string[];
  readonly event: string;
  readonly text: string;
}

/** What a stream begins with. */
interface Beginning {
  readonly topics: ReadonlySet<string>;
  readonly lastEventId: string;
  readonly from: string | undefined;
  /** The data of the opening frame. */
  readonly opening: string;
}

/** The events of a test source, with what a hub would say to who resumes from where. */
export interface TestLog {
  /** The cursor of the newest event. */
  readonly head: string;
  /** Appends an event; answers its cursor and what goes to those who asked for it. */
  append(topics: readonly string[], event: string, text: string): { readonly id: string; readonly frame: string };
  /** All frames from the opening to `tidings:live`. */
  begin(beginning: Beginning): string;
  /** As when retention takes all events that are there. Each topic's newest one is kept for `last:N`. */
  evict(): void;
  /** As when a hub with its log in memory is restarted. */
  restart(): void;
}

/** Whether one of an event's topics was asked for. */
export function isWanted(asked: ReadonlySet<string>, topics: readonly string[]): boolean {
  for (const pattern of asked) if (topics.some((topic) => matchesPattern(pattern, topic))) return true;
  return false;
}

/** How long a client is told to wait after a cut, in ms. */
const RETRY = 1_000;

export function createTestLog(): TestLog {
  let epoch = 1;
  let head = 0;
  let evictedThrough = 0;
  let events: TestEvent[] = [];
  /** The newest event of each topic, whether or not retention took it. */
  const newest = new Map<string, TestEvent>();

  const cursor = (offset: number): string => `test${epoch}-${offset}`;
  const offsetOf = (id: string): number | undefined => {
    const [of, offset] = id.split("-");
    return of === `test${epoch}` ? Number(offset) : undefined;
  };
  const frame = ({ offset, topics, event, text }: TestEvent): string =>
    formatEvent({ id: cursor(offset), event, topics, data: text });

  return {
    get head() {
      return cursor(head);
    },
    append(topics, event, text) {
      head += 1;
      const appended = { offset: head, topics, event, text };
      events.push(appended);
      for (const topic of topics) newest.set(topic, appended);
      return { id: cursor(head), frame: frame(appended) };
    },
    begin({ topics, lastEventId, from, opening }) {
      const wanted = events.filter((event) => isWanted(topics, event.topics));
      const after = offsetOf(lastEventId);
      const last = lastEventId === "" ? /^last:(\d+)$/.exec(from ?? "")?.[1] : undefined;
      const start = { event: "tidings:cursor", retry: RETRY, data: opening };
      let text: string;
      if (last !== undefined) {
        text = formatEvent(start);
        const known = [...new Set([...newest.values(), ...events])].toSorted((a, b) => a.offset - b.offset);
        for (const { offset, topics: of, event, text: data } of newestOfEach(topics, known, Number(last))) {
          text += formatEvent({ event, topics: of, cursor: cursor(offset), data });
        }
        text += formatEvent({ id: cursor(head), event: "tidings:cursor", data: "" });
      } else if (lastEventId === "") {
        text = formatEvent({ id: cursor(head), ...start });
      } else if (after === undefined) {
        text = formatEvent(start);
        const data = JSON.stringify({ reason: "history-changed" });
        text += formatEvent({ id: cursor(evictedThrough), event: "tidings:reset", data });
        text += wanted.map(frame).join("");
      } else {
        text = formatEvent({ id: lastEventId, ...start });
        if (after < evictedThrough) {
          const through = cursor(evictedThrough);
          const data = JSON.stringify({ reason: "evicted", after: lastEventId, through });
          text += formatEvent({ id: through, event: "tidings:gap", data });
        }
        for (const event of wanted) if (event.offset > after) text += frame(event);
      }
      return text + formatEvent({ id: cursor(head), event: "tidings:live", data: "" });
    },
    evict() {
      events = [];
      evictedThrough = head;
    },
    restart() {
      epoch += 1;
      head = 0;
      evictedThrough = 0;
      events = [];
      newest.clear();
    },
  };
}

/** The newest N events of each topic that was asked for, each once, in order. */
function newestOfEach(asked: ReadonlySet<string>, events: readonly TestEvent[], n: number): readonly TestEvent[] {
  const counts = new Map<string, number>();
  const newest: TestEvent[] = [];
  for (const event of events.toReversed()) {
    const topics = event.topics.filter((topic) => isWanted(asked, [topic]));
    const due = topics.filter((topic) => (counts.get(topic) ?? 0) < n);
    if (due.length > 0) newest.push(event);
    for (const topic of due) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  return newest.toReversed();
}
