import { styleText } from "node:util";

import type { ParsedEvent } from "tidings/wire";

import { confession } from "./confession.ts";

/** Gives a text a look. */
export type Paint = (look: "dim" | "cyan" | "green" | "yellow", text: string) => string;

/** Paints on a terminal, and leaves the text alone anywhere else. */
export function painter(stream: NodeJS.WriteStream): Paint {
  return stream.isTTY ? (look, text) => styleText(look, text, { stream }) : (_look, text) => text;
}

/** An event for people: when it came, topics, name and data. A gap and a reset are told in words. */
export function readableLine(
  event: Pick<ParsedEvent, "event" | "data" | "topics">,
  when: string,
  paint: Paint,
): string {
  const clock = paint("dim", when);
  const told = confessionLine(event, paint);
  if (told !== undefined) return `${clock}  ${told}`;
  const topics = paint("cyan", visible(event.topics.length === 0 ? "-" : event.topics.join(", ")));
  const name = paint("green", visible(event.event));
  // The next lines of a text stand under its first, so that each event begins where a time stands.
  const data = event.data.split("\n").map(visible).join("\n    ");
  return `${clock}  ${topics}  ${name}  ${data}`;
}

/** A gap or a reset in words, for people; `undefined` for any other event. */
export function confessionLine(event: Pick<ParsedEvent, "event" | "data">, paint: Paint): string | undefined {
  const told = confession(event);
  return told === undefined ? undefined : paint("yellow", visible(told));
}

/** The time of day here, to the millisecond. */
export function clockTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/** The day and the time of day here, to the millisecond. */
export function dayTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clockTime(time)}`;
}

/** A text without what a terminal would obey: escape sequences, and marks that turn the direction of writing. */
function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
