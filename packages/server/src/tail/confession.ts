import type { ParsedEvent } from "tidings/wire";
import * as v from "valibot";

const Gap = v.pipe(v.string(), v.parseJson(), v.object({ reason: v.string(), after: v.string(), through: v.string() }));
const Reset = v.pipe(v.string(), v.parseJson(), v.object({ reason: v.string() }));

const GAP_REASONS: Readonly<Record<string, string>> = {
  evicted: "the log no longer has them",
  corrupt: "the log cannot read them",
  skipped: "this subscription skips them",
};
const RESET_REASONS: Readonly<Record<string, string>> = {
  "unknown-cursor": "the id to resume after is not one of this hub's",
  "history-changed": "the hub was restarted, or its log was lost or rewound",
};

/** What a gap or a reset means, in words; `undefined` for any other event. */
export function confession({ event, data }: Pick<ParsedEvent, "event" | "data">): string | undefined {
  if (event === "tidings:gap") {
    const gap = v.safeParse(Gap, data);
    if (!gap.success) return "gap: events may be missing here";
    const { reason, after, through } = gap.output;
    return `gap: events may be missing here, after ${after} through ${through}: ${GAP_REASONS[reason] ?? reason}`;
  }
  if (event === "tidings:reset") {
    const reset = v.safeParse(Reset, data);
    const why = reset.success ? `: ${RESET_REASONS[reset.output.reason] ?? reset.output.reason}` : "";
    return `reset: from here on another history${why}`;
  }
  return undefined;
}
