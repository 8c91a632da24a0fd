import type { ParsedEvent } from "../../wire/parser.ts";
import type { Delivered, Parse } from "./tidings.ts";

/** An event that came, before anyone has looked into its data. */
export interface Arrival extends Omit<Delivered, "topic" | "data"> {
  /**
   * As a handler gets it. Its text is parsed once by each function, and only if someone wants it.
   *
   * @throws what `parse` throws, for each handler anew
   */
  delivered(topic: string, parse: Parse): Delivered;
}

/** @param id its cursor, where it has one */
export function arrivalOf({ event, topics, data: text }: ParsedEvent, id: string | undefined): Arrival {
  const head = { topics, event, text, id };
  /** What answers what each function made of the text. */
  const made = new Map<Parse, () => unknown>();
  return {
    ...head,
    delivered(topic, parse) {
      let answer = made.get(parse);
      if (answer === undefined) {
        try {
          const data = parse(text, { topic, ...head });
          answer = () => data;
        } catch (error) {
          answer = () => {
            throw error;
          };
        }
        made.set(parse, answer);
      }
      return { topic, ...head, data: answer() };
    },
  };
}
