import type { ParsedEvent } from "../../wire/parser.ts";
import type { Delivered, Parse } from "./tidings.ts";

/** An event that came, before anyone has looked into its data. */
export interface Arrival extends Omit<Delivered, "topic" | "data"> {
  /** What each function made of its text: it is parsed once by each, and only if someone wants it. */
  readonly made: Map<Parse, { readonly data?: unknown; readonly error?: unknown }>;
}

/** @param id its cursor, where it has one */
export function arrivalOf({ event, topics, data: text }: ParsedEvent, id: string | undefined): Arrival {
  return { event, topics, text, id, made: new Map() };
}

/**
 * An event as a handler gets it.
 *
 * @throws what `parse` throws, for each handler anew
 */
export function deliveredOf({ made, event, topics, text, id }: Arrival, topic: string, parse: Parse): Delivered {
  const head = { topic, topics, event, text, id };
  let known = made.get(parse);
  if (known === undefined) {
    try {
      known = { data: parse(text, head) };
    } catch (error) {
      known = { error };
    }
    made.set(parse, known);
  }
  if ("error" in known) throw known.error;
  return { ...head, data: known.data };
}
