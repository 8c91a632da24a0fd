import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientError } from "../error.ts";
import { arrivalOf, type Arrival } from "./arrival.ts";
import { noticeOf } from "./notice.ts";
import type { Brought } from "./short-stream.ts";
import { askedTopic, handOn, type Subscription } from "./subscription.ts";
import type { Notice } from "./tidings.ts";

/** What a late start needs to know of the stream. */
export interface LateStartOptions {
  /** The cursor that the stream is at. */
  readonly cursor: () => string;
  /** How often it could not go on where it was. */
  readonly breaks: () => number;
  /** Resolves with the cursor at which the stream has all of some topics. */
  readonly covered: (topics: readonly string[]) => Promise<string>;
  readonly read: (
    topics: readonly string[],
    start: { readonly after?: string; readonly from?: string | undefined },
  ) => Promise<Brought>;
}

/** Those that start together. */
interface Group {
  readonly subscriptions: Subscription[];
  readonly from: Subscription["from"];
  /** Instead of `from`: what they have already. */
  readonly after: string;
  /** A cursor that everything which is kept back comes after; empty if there was none. */
  since: string;
  breaks: number;
}

/** Subscriptions that get something first, by short streams of their own, though the stream is under way. */
export interface LateStarts {
  /** Gives one what it asked for first. */
  begin(subscription: Subscription): void;
  /** Gives all what the stream left out: everything after a cursor. */
  catchUp(subscriptions: Iterable<Subscription>, after: string): void;
}

const NOTHING: Brought = { events: [], cursor: "", broken: false };

/**
 * From when it begins, what the stream brings for a subscription is kept back. Three short streams tell what to do with
 * it. `first` brings what was asked for; it stands for all up to a cursor X. `before` brings what the stream brings up to
 * X and perhaps beyond, and `after` what comes after X: both are known then, and the stream's are left out. What was kept
 * back and is in neither comes after them. No cursor is ever compared but for equality.
 */
export function createLateStarts(options: LateStartOptions): LateStarts {
  const { cursor, breaks, read } = options;
  let last = Promise.resolve();
  const due = new Map<Subscription["from"], Group>();

  function hold(group: Group): void {
    group.since = cursor();
    group.breaks = breaks();
    for (const each of group.subscriptions) each.held = [];
  }

  /** One after the other: browsers have only six connections to a server. */
  function queue(group: Group): void {
    last = last.then(() =>
      run(group).catch((error: unknown) => {
        for (const each of group.subscriptions) {
          if (each.ended) continue;
          each.report(error as ClientError);
          release(each, []);
        }
      }),
    );
  }

  async function run(group: Group): Promise<void> {
    const { from } = group;
    for (;;) {
      const at = await options.covered(group.subscriptions.flatMap((each) => each.topics));
      const subscriptions = group.subscriptions.filter(({ ended }) => !ended);
      const topics = [...new Set(subscriptions.flatMap((each) => each.topics))];
      if (topics.length === 0) return;
      const since = group.since === "" ? at : group.since;
      const first = from === undefined ? { ...NOTHING, cursor: group.after } : await read(topics, { from });
      // The stream is just there: all of it that was kept back is older.
      const level = from !== undefined && first.cursor === cursor();
      const before = level || from === undefined ? NOTHING : await read(topics, { after: since });
      const after = level ? NOTHING : await read(topics, { after: first.cursor });
      if (group.breaks === breaks() && !before.broken && (!after.broken || from === undefined)) {
        const brought = [...first.events, ...after.events].map(itemOf);
        for (const each of subscriptions) {
          if (level) each.held = [];
          const known = [...before.events, ...after.events].filter(
            ({ topics: of }) => askedTopic(each, of) !== undefined,
          );
          each.skip = new Set(known.map(({ lastEventId }) => lastEventId));
          release(each, brought);
        }
        return;
      }
      hold(group);
    }
  }

  return {
    begin(subscription) {
      const { from } = subscription;
      const group = due.get(from);
      subscription.held = [];
      if (group !== undefined) {
        group.subscriptions.push(subscription);
        return;
      }
      const begun: Group = { subscriptions: [subscription], from, after: "", since: cursor(), breaks: breaks() };
      due.set(from, begun);
      queueMicrotask(() => {
        due.delete(from);
        queue(begun);
      });
    },
    catchUp(all, after) {
      // Those that start have to start anew.
      const subscriptions = [...all].filter(({ held }) => held === undefined);
      const group: Group = { subscriptions, from: undefined, after, since: "", breaks: 0 };
      hold(group);
      queue(group);
    },
  };
}

type Item = Arrival | Notice;

function itemOf(event: ParsedEvent): Item {
  return noticeOf(event) ?? arrivalOf(event, event.cursor ?? (event.lastEventId || undefined));
}

/** Hands on what it was to get first, then what was kept back. */
function release(subscription: Subscription, brought: readonly Item[]): void {
  const held = subscription.held ?? [];
  subscription.held = undefined;
  for (const item of brought) {
    if ("kind" in item) {
      subscription.notice(item);
      continue;
    }
    const topic = askedTopic(subscription, item.topics);
    if (topic !== undefined) subscription.take(item, topic);
  }
  for (const { arrival, topic } of held) handOn(subscription, arrival, topic);
}
