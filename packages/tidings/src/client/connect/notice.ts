import type { Arrival } from "./arrival.ts";
import type { Notice } from "./tidings.ts";

/** The notice that a frame of the hub's is, if it is one. */
export function noticeOf({ event, text }: Pick<Arrival, "event" | "text">): Notice | undefined {
  const kind = /^tidings:(gap|reset)$/.exec(event)?.[1];
  if (kind === undefined) return undefined;
  try {
    return { kind, ...(JSON.parse(text) as object) } as Notice;
  } catch {
    return { kind, reason: text, after: "", through: "" } as Notice;
  }
}
