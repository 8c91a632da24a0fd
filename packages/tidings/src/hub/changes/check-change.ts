import { shown } from "../../wire/fields.ts";
import { HubError } from "../error.ts";
import type { TopicFilter } from "../topic-filter.ts";
import { checkPattern } from "../topic.ts";
import { longerThan } from "../utf8.ts";
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
  const removed = new Set(remove);
  const both = add.find((name) => removed.has(name));
  if (both === undefined) return { add, remove };
  throw new HubError("bad-request", `A change adds a topic or removes it, and not both: ${shown(both)}`);
}

function names(given: readonly string[] = [], maxTopics: number): readonly string[] {
  if (!isList(given)) throw new HubError("bad-topic", `A change has lists of topics, not ${shown(given)}`);
  const each = [...distinct(given, maxTopics)];
  for (const name of each) checkPattern(name);
  return each;
}

/** As the name says, without making it an array of anything. */
function isList(value: readonly string[]): boolean {
  return Array.isArray(value);
}

/** What is left of a change for who asks for something: without what is there already, and what is not. */
export function effectOn({ topics, patterns }: TopicFilter, { add, remove }: TopicChange): TopicChange {
  const asked = new Set([...topics, ...patterns]);
  return { add: add.filter((name) => !asked.has(name)), remove: remove.filter((name) => asked.has(name)) };
}

/**
 * Refuses a change that takes more of the log than an event may.
 *
 * @throws HubError `event-too-large`
 */
export function refuseTooLarge(change: TopicChange, maxEventBytes: number): void {
  if (!longerThan(JSON.stringify(change), maxEventBytes)) return;
  throw new HubError("event-too-large", `The topics of a change have at most ${maxEventBytes} bytes: make it in parts`);
}

/**
 * Topics and patterns, each once. Counted before they are looked at, and no further than need be: a body may hold a
 * hundred thousand.
 *
 * @throws HubError `too-many-topics`
 */
export function distinct(all: readonly string[], maxTopics: number): ReadonlySet<string> {
  const each = new Set<string>();
  for (const name of all) {
    each.add(name);
    if (each.size > maxTopics) refuseTooMany(all.length, maxTopics);
  }
  return each;
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
