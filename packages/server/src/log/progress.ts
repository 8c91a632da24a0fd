import type { Progress } from "@tidings/log-lmdb";

import { sizeText } from "./size-text.ts";

/** Shows on a terminal how far long work is: one line, drawn again and again. Anywhere else nothing. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the line away. */
  end(): void;
}

/** Often enough to be seen to move, in ms. */
const DRAW_EVERY = 100;
/** To the beginning of the line, and nothing on it. */
const CLEAR = "\r\u001b[2K";
const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** What is counted: events, or bytes. */
export type Unit = "events" | "bytes";

/** A line on stderr, which begins with what is done: `verifying`. */
export function progressLine(what: string, unit: Unit, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  const begun = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      const now = performance.now();
      if (now - drawn < DRAW_EVERY) return;
      drawn = now;
      stream.write(`${CLEAR}${what}  ${progressText(progress, unit, (now - begun) / 1_000)}`);
    },
    end() {
      if (drawn > Number.NEGATIVE_INFINITY) stream.write(CLEAR);
      drawn = Number.NEGATIVE_INFINITY;
    },
  };
}

/** How far it is: percent if the total is known, how much, and how much a second. */
function progressText({ events, total }: Progress, unit: Unit, seconds: number): string {
  const text = (many: number): string => (unit === "bytes" ? sizeText(many) : NUMBER.format(many));
  const percent = total > 0 ? `${Math.min(100, Math.floor((100 * events) / total))} %  ` : "";
  const of = total > 0 ? ` of ${text(total)}` : "";
  const rate = seconds > 0 ? `  ${text(events / seconds)}/s` : "";
  return `${percent}${text(events)}${of}${unit === "events" ? " events" : ""}${rate}`;
}
