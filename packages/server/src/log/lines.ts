import { type Entry, formatCursor, type Position, type Range } from "tidings/log";

import { confessionLine, dayTime, type Paint, readableLine } from "../tail/readable-line.ts";

/** How lines look. */
export interface Shape {
  readonly json: boolean;
  readonly paint: Paint;
}

/** An event of a log: as a JSON object, or for people with its day, its time and its id. */
export function eventLine(entry: Entry, position: Position, { json, paint }: Shape): string {
  const id = formatCursor(position);
  const { topics, event = "message", data } = entry;
  const time = new Date(entry.time);
  if (json) return JSON.stringify({ id, time: time.toISOString(), event, topics, data });
  return readableLine({ event, data, topics }, `${dayTime(time)}  ${id}`, paint);
}

/** A range that cannot be read. */
export function gapLine(reason: "evicted" | "corrupt", { after, through }: Range, { json, paint }: Shape): string {
  const gap = { reason, after: formatCursor(after), through: formatCursor(through) };
  if (json) return JSON.stringify({ event: "tidings:gap", ...gap });
  return confessionLine({ event: "tidings:gap", data: JSON.stringify(gap) }, paint) ?? "";
}
