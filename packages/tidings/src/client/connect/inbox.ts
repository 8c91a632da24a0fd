import type { ParsedEvent } from "../../wire/parser.ts";
import { arrivalOf } from "./arrival.ts";
import { remember } from "./remember.ts";
import { noticeOf } from "./notice.ts";
import type { Interests } from "./interests.ts";
import { handOn, type Subscription } from "./subscription.ts";
import type { Notice } from "./tidings.ts";

/** So many ids are remembered of what was handed on: what comes twice comes soon. */
const REMEMBERED = 4_096;

/** What came over a stream, or over several that follow each other. */
export interface Inbox {
  /** Where the stream is. */
  cursor: string;
  /** Gaps, resets, and where a stream went on elsewhere. */
  breaks: number;
  readonly counts: { events: number; duplicates: number; gaps: number; resets: number };
  event(event: ParsedEvent): void;
  /** Counts a gap or a reset, and tells of it: all, or those that it concerns. */
  notice(notice: Notice, whom?: Iterable<Subscription>): void;
}

/**
 * Hands each event once to everyone who asked for one of its topics.
 *
 * @param noticed told of gaps and resets
 */
export function createInbox(takers: Interests<Subscription>["takers"], noticed: Inbox["notice"]): Inbox {
  const recent = new Set<string>();
  /** A snapshot is coming: its events have no ids, and the id that counts is still that of an event before. */
  let snapshot = false;
  return {
    cursor: "",
    breaks: 0,
    counts: { events: 0, duplicates: 0, gaps: 0, resets: 0 },
    event(event) {
      const { lastEventId: id, topics, cursor } = event;
      const before = this.cursor;
      this.cursor = id;
      if (event.event === "tidings:cursor") snapshot = id === "";
      const notice = noticeOf({ event: event.event, text: event.data });
      if (notice !== undefined) {
        snapshot = id === before;
        this.breaks++;
        return this.notice(notice);
      }
      if (event.event.startsWith("tidings:")) return;
      const own = !snapshot && cursor === undefined && id !== "";
      if (own) {
        if (recent.has(id)) return void this.counts.duplicates++;
        remember(recent, id, REMEMBERED);
      }
      this.counts.events++;
      const arrival = arrivalOf(event, cursor ?? (own ? id : undefined));
      for (const [taker, topic] of takers(topics)) handOn(taker, arrival, topic);
    },
    notice(notice, whom) {
      this.counts[`${notice.kind}s`]++;
      if (notice.kind === "reset") recent.clear();
      noticed(notice, whom);
    },
  };
}
