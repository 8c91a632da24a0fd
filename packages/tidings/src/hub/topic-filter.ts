import { HubError } from "./error.ts";
import { checkPattern, isPattern } from "./topic.ts";
import { matchesPattern } from "../wire/topic-pattern.ts";

/** Which topics a reader asks for. An entry is wanted if one of its topics is. */
export interface TopicFilter {
  /** Equal for filters that ask for the same. */
  readonly key: string;
  /** Topics by name, each once. */
  readonly topics: readonly string[];
  /** Patterns, each once: `*` is one segment, `**` at the end one or more. */
  readonly patterns: readonly string[];
  /** What it costs to match one topic, about, in comparisons with a short pattern. */
  readonly cost: number;
  /** Whether one of the topics is asked for. */
  matches(topics: readonly string[]): boolean;
}

/**
 * The filter for a subscription's topics and patterns.
 *
 * @throws HubError `bad-topic` if there is none, or one is not a topic or a pattern
 */
export function topicFilter(subscribed: readonly string[]): TopicFilter {
  if (!isList(subscribed) || subscribed.length === 0) {
    throw new HubError("bad-topic", "A subscription names at least one topic or pattern");
  }
  return filterOf(new Set(subscribed));
}

/** A filter with some topics and patterns more, which were checked, and some less. It may ask for nothing. */
export function changedFilter(filter: TopicFilter, add: readonly string[], remove: readonly string[]): TopicFilter {
  const topics = new Set(filter.topics);
  const patterns = new Set(filter.patterns);
  for (const name of add) (isPattern(name) ? patterns : topics).add(name);
  for (const name of remove) (isPattern(name) ? patterns : topics).delete(name);
  return new Filter(topics, patterns);
}

/** A filter that asks for a topic more, whatever it is: for the hub's own. */
export function filterWith({ topics, patterns }: TopicFilter, topic: string): TopicFilter {
  return new Filter(new Set([...topics, topic]), new Set(patterns));
}

function filterOf(asked: ReadonlySet<string>): TopicFilter {
  const topics = new Set<string>();
  const patterns = new Set<string>();
  for (const name of asked) (checkPattern(name) ? patterns : topics).add(name);
  return new Filter(topics, patterns);
}

/** As the name says, without making it an array of anything. */
function isList(value: readonly string[]): boolean {
  return Array.isArray(value);
}

// Most filters have no pattern, and need no list of their own for none.
const NONE: readonly string[] = [];

/** A copy is as long as it has to be; what `filter` makes has room for sixteen more. */
function those(names: readonly string[], wanted: ReadonlySet<string>): readonly string[] {
  return names.filter((name) => wanted.has(name)).slice();
}

class Filter implements TopicFilter {
  readonly key: string;
  readonly cost: number;
  readonly topics: readonly string[];
  readonly patterns: readonly string[];
  // A short list is looked through as fast, and takes less memory.
  readonly #names: ReadonlySet<string> | undefined;

  constructor(topics: ReadonlySet<string>, patterns: ReadonlySet<string>) {
    // No topic has a control character.
    this.key = `${[...topics, ...patterns].toSorted().join("\n")}\n`;
    // The names are taken from the key: as they came they may be parts of a long URL, and would keep all of it.
    const names = this.key.split("\n");
    this.topics = those(names, topics);
    this.patterns = patterns.size === 0 ? NONE : those(names, patterns);
    this.cost =
      patterns.size === 0 ? 1 : Math.ceil(this.patterns.reduce((sum, { length }) => sum + 1 + length / 32, 1));
    this.#names = topics.size > 32 ? new Set(this.topics) : undefined;
  }

  matches(topics: readonly string[]): boolean {
    for (const topic of topics) {
      if (this.#names === undefined ? this.topics.includes(topic) : this.#names.has(topic)) return true;
      for (const pattern of this.patterns) if (matchesPattern(pattern, topic)) return true;
    }
    return false;
  }
}
