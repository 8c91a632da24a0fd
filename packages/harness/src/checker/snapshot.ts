import type { ConnectRecord, FrameRecord } from "../logs/record.ts";
import type { Coverage } from "./coverage.ts";
import { placeOf, type Place } from "./cursor.ts";
import type { History } from "./history.ts";
import { checkLatest, checkNewest } from "./latest.ts";
import type { Truth } from "./truth.ts";
import type { Say } from "./violation.ts";

/** A snapshot that is over. */
export interface WholeSnapshot {
  /** The frame that tells its position, and that position. */
  readonly frame: FrameRecord;
  readonly place: Place;
  readonly request: ConnectRecord;
  readonly events: readonly FrameRecord[];
  /** Through where the subscriber had everything before. */
  readonly before: Place | undefined;
  /** What was passed over, where the snapshot is of that. */
  readonly skipped: SkippedRange | undefined;
}

/** A range that was passed over, and what was asked for in it, if that is known. */
export interface SkippedRange {
  readonly after: number;
  readonly through: number;
  readonly asked: readonly string[] | undefined;
}

/** Checks that a snapshot stands for everything through its position. */
export function checkSnapshot(whole: WholeSnapshot, truth: Truth, coverage: Coverage, say: Say): void {
  const { frame, place, request } = whole;
  const history = truth.at(frame.at);
  // Where the log's history changed meanwhile, the snapshot may be of the one or of the other; a reset follows.
  if (!truth.traced || history?.has(place) !== true || truth.changed(request.at, frame.at)) return;
  const evicted = truth.evicted(place, frame.at);
  if (whole.skipped !== undefined) checkSkipped(whole, whole.skipped, { history, evicted }, say);
  else if (request.snapshot === "embedder") checkEmbedders(whole, history, coverage, say);
  else checkLast(whole, { history, evicted }, coverage, say);
}

/** The newest of what was passed over. */
function checkSkipped(
  { frame, place, events }: WholeSnapshot,
  skipped: SkippedRange,
  known: { readonly history: History; readonly evicted: number },
  say: Say,
): void {
  const { asked } = skipped;
  const wrong = asked && checkNewest({ ...known, ...skipped, asked, events, time: frame.at });
  if (wrong !== undefined) say("I6", frame, wrong);
  if (place.offset === skipped.through) return;
  say("I16", frame, `Skipped through ${skipped.through}, and the position is ${frame.id}`);
}

/** `last:N`. */
function checkLast(
  { frame, place, request, events, before }: WholeSnapshot,
  known: { readonly history: History; readonly evicted: number },
  coverage: Coverage,
  say: Say,
): void {
  const n = Number(request.snapshot?.split(":")[1]);
  const asked = coverage.asked.namesAt(place.offset, known.history);
  const wrong = asked && checkLatest({ ...known, events, asked, n, through: place.offset, time: frame.at });
  if (wrong !== undefined) say("I6", frame, wrong);
  // After a gap everything that is left follows the snapshot.
  const { history } = known;
  if (before === undefined || history.has(before) !== true || before.offset >= place.offset) return;
  const missing = coverage.missing(history, before.offset, place.offset, events);
  if (missing !== undefined) say("I6", frame, `${missing} lies between a gap and its snapshot`);
}

/** The embedder's says where the log was when it was asked for. The position was taken before that. */
function checkEmbedders({ frame, place, events }: WholeSnapshot, history: History, coverage: Coverage, say: Say): void {
  for (const { payload = "" } of events) {
    const made = placeOf(payload.split(" ").at(-1) ?? "");
    if (made === undefined || history.has(made) !== true || made.offset >= place.offset) continue;
    const missing = coverage.missing(history, made.offset, place.offset);
    if (missing === undefined) continue;
    say("I6", frame, `${missing} lies between a snapshot and its position`);
    return;
  }
}
