import type { ParsedEvent } from "../../wire/parser.ts";

/** What the opening frame of a hub says, by its name: how often it sends something, and what the stream is called. */
export function hubSays({ event, data }: ParsedEvent, member: string): string | undefined {
  return event === "tidings:cursor" ? new RegExp(`"${member}":"?([^",}]+)`).exec(data)?.[1] : undefined;
}
