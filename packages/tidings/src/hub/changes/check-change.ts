import { shown } from "../../wire/fields.ts";
import { HubError } from "../error.ts";
import { checkPattern } from "../topic.ts";
import type { TopicChange } from "./control-entry.ts";

/** What an open stream is to bring from now on, and no more. Each is a list of topics and patterns, none by default. */
export interface StreamChange {
  readonly add?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
}

/**
 * Checks a change.
 *
 * @throws HubError `bad-topic`, `too-many-topics`, or `bad-request` for a topic that is both added and removed
 */
export function checkChange(change: StreamChange, maxTopics: number): TopicChange {
  const add = names(change.add, maxTopics);
  const remove = names(change.remove, maxTopics);
  const both = add.find((name) => remove.includes(name));
  if (both === undefined) return { add, remove };
  throw new HubError("bad-request", `A change adds a topic or removes it, and not both: ${shown(both)}`);
}

function names(given: readonly string[] = [], maxTopics: number): readonly string[] {
  if (!isList(given)) throw new HubError("bad-topic", `A change has lists of topics, not ${shown(given)}`);
  const each = [...new Set(given)];
  refuseTooMany(each.length, maxTopics);
  for (const name of each) checkPattern(name);
  return each;
}

/** As the name says, without making it an array of anything. */
function isList(value: readonly string[]): boolean {
  return Array.isArray(value);
}

/**
 * Refuses a subscription of too many topics.
 *
 * @throws HubError `too-many-topics`
 */
export function refuseTooMany(asked: number, maxTopics: number): void {
  if (asked <= maxTopics) return;
  throw new HubError("too-many-topics", `A subscription has at most ${maxTopics} topics and patterns, not ${asked}`);
}
