import type { ParsedEvent } from "../../wire/parser.ts";
import type { Notice } from "./tidings.ts";

/** The notice that a frame of the hub's is, if it is one. */
export function noticeOf({ event, data }: ParsedEvent): Notice | undefined {
  const kind = event === "tidings:gap" ? "gap" : event === "tidings:reset" ? "reset" : undefined;
  if (kind === undefined) return undefined;
  try {
    return { kind, ...(JSON.parse(data) as object) } as Notice;
  } catch {
    return { kind, reason: data, after: "", through: "" };
  }
}
