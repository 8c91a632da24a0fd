import type { ClientError } from "../error.ts";
import type { Clock } from "../stream/clock.ts";
import type { Arrival } from "./arrival.ts";
import type { Inbox } from "./inbox.ts";
import type { Interests } from "./interests.ts";
import { noticeOf } from "./notice.ts";
import type { Brought } from "./short-stream.ts";
import { askedTopic, handOn, type Subscription } from "./subscription.ts";

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

/**
 * Gives a subscription something first, by short streams of its own, though the stream is under way: what it asked for or,
 * with a cursor, everything after that, which the stream left out. One that waits for something first waits on.
 */
export type Begin = (subscription: Subscription, after?: string) => void;

const NOTHING: readonly Arrival[] = [];
/** In ms. */
const AGAIN = 1_000;

/**
 * From when it begins, what the stream brings for a subscription is kept back. Three short streams tell what to do with
 * it. `first` brings what was asked for; it stands for all up to a cursor X. `before` brings what the stream brings up to
 * X and perhaps beyond, and `after` what comes after X: both are known then, and the stream's are left out. What was kept
 * back and is in neither comes after them. No cursor is ever compared but for equality.
 *
 * @param read reads a short stream after a cursor or, if that is empty, `from` somewhere
 */
export function createLateStarts(
  inbox: Inbox,
  interests: Interests<Subscription>,
  clock: Clock,
  read: (topics: readonly string[], after: string, from?: string) => Promise<Brought>,
): Begin {
  let last = Promise.resolve();
  const due = new Map<string, Group>();

  /** One after the other: browsers have only six connections to a server. */
  function queue(group: Group): void {
    last = last.then(() =>
      run(group).catch((error: unknown) => {
        const { subscriptions, from, after, since } = group;
        for (const each of subscriptions) if (!each.ended) each.report(error as ClientError);
        if (from === undefined) inbox.notice({ kind: "gap", reason: "refused", after, through: since }, subscriptions);
        release(group, NOTHING);
      }),
    );
  }

  async function run(group: Group): Promise<void> {
    const { from } = group;
    for (;;) {
      const at = await interests.covered(
        group.subscriptions.flatMap((each) => each.topics),
        () => inbox.cursor,
      );
      const subscriptions = group.subscriptions.filter(({ ended, held }) => !ended && held !== undefined);
      const topics = [...new Set(subscriptions.flatMap((each) => each.topics))];
      if (topics.length === 0) return;
      const first = from === undefined ? { arrivals: NOTHING, cursor: group.after } : await read(topics, "", from);
      // The stream is just there: all of it that was kept back is older.
      const level = from !== undefined && first.cursor === inbox.cursor;
      const before = level || from === undefined ? NOTHING : (await read(topics, group.since || at)).arrivals;
      const after = level ? NOTHING : (await read(topics, first.cursor)).arrivals;
      const known = [...before, ...after];
      // Who catches up is told of a gap; who asked for something first gets that anew.
      if (
        group.breaks === inbox.breaks &&
        (from === undefined || known.every((arrival) => noticeOf(arrival) === undefined))
      ) {
        for (const each of subscriptions) {
          if (level) each.held &&= [];
          each.skip = new Set(known.filter((arrival) => askedTopic(each, arrival)).map(({ id }) => id));
        }
        release(group, [...first.arrivals, ...after]);
        return;
      }
      // The stream itself is fine, and quiet: until it has another cursor there would be the same gap.
      if (group.breaks === inbox.breaks) await new Promise<void>((resolve) => void clock.after(AGAIN, resolve));
      group.since = inbox.cursor;
      group.breaks = inbox.breaks;
      for (const each of subscriptions) each.held &&= [];
    }
  }

  /** Hands on what they were to get first, then what was kept back. */
  function release({ subscriptions }: Group, brought: readonly Arrival[]): void {
    // Not those of which too much was kept back.
    const waiting = subscriptions.filter(({ held }) => held !== undefined);
    const kept = waiting.map((each) => [each, each.held ?? []] as const);
    for (const each of waiting) each.held = undefined;
    for (const arrival of brought) {
      const notice = noticeOf(arrival);
      if (notice !== undefined) inbox.notice(notice, waiting);
      for (const each of waiting) {
        const topic = askedTopic(each, arrival);
        // Who asked for something first begins anew at a notice.
        if (topic !== undefined && each.held === undefined) each.take(arrival, topic);
      }
    }
    for (const [each, held] of kept)
      if (each.held === undefined) for (const { arrival, topic } of held) handOn(each, arrival, topic);
  }

  return (subscription, after) => {
    if (subscription.held !== undefined) return;
    subscription.held = [];
    const from = after === undefined ? subscription.from : undefined;
    const key = `${from} ${after}`;
    let group = due.get(key);
    if (group === undefined) {
      const begun = { subscriptions: [], from, after: after ?? "", since: inbox.cursor, breaks: inbox.breaks };
      group = begun;
      due.set(key, begun);
      queueMicrotask(() => {
        due.delete(key);
        queue(begun);
      });
    }
    group.subscriptions.push(subscription);
  };
}
