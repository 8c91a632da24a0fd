import { placeOf, type Place } from "./cursor.ts";

/** What a gap says. */
export interface GapRange {
  readonly reason: string;
  readonly after: Place;
  readonly through: Place;
}

/** Reads the data of a gap; nothing if it is not that of one. */
export function gapRange(data = ""): GapRange | undefined {
  try {
    const { reason, after, through } = JSON.parse(data) as { reason?: string; after?: string; through?: string };
    const places = [placeOf(after ?? ""), placeOf(through ?? "")] as const;
    if (reason === undefined || places[0] === undefined || places[1] === undefined) return undefined;
    return { reason, after: places[0], through: places[1] };
  } catch {
    return undefined;
  }
}
