import type { TopicFilter } from "./topic-filter.ts";

/** What can be found in a topic index. `closed` tells that it may be forgotten. */
export interface Indexed {
  readonly filter: TopicFilter;
  readonly closed: boolean;
}

/** Those who asked for one topic or one pattern, in order of their coming, with some who have left. */
export interface Bucket<Member extends Indexed> {
  members: Member[];
  gone: number;
}

interface PatternNode<Member extends Indexed> {
  /** The next segment, by name. */
  readonly literal: Map<string, PatternNode<Member>>;
  /** The next segment where it is `*` or `**`. */
  readonly any: Map<string, PatternNode<Member>>;
  /** Patterns that end here. */
  bucket: Bucket<Member> | undefined;
}

/**
 * From a topic to those who asked for it. A member is in the bucket of each of its topics and patterns, so one may be
 * met twice for one event. Leaving costs no search: buckets are swept when more than half of them have left.
 */
export class TopicIndex<Member extends Indexed> {
  readonly #topics = new Map<string, Bucket<Member>>();
  readonly #patterns = new Map<string, Bucket<Member>>();
  #root: PatternNode<Member> = patternNode();

  /** How many topics and patterns are asked for. */
  get size(): number {
    return this.#topics.size + this.#patterns.size;
  }

  add(member: Member): void {
    for (const topic of member.filter.topics) enter(this.#topics, topic, member);
    for (const pattern of member.filter.patterns) {
      if (!this.#patterns.has(pattern)) this.#plant(pattern);
      enter(this.#patterns, pattern, member);
    }
  }

  /** To be called once, after the member has become `closed`. */
  delete(member: Member): void {
    for (const topic of member.filter.topics) leave(this.#topics, topic);
    for (const pattern of member.filter.patterns) {
      if (leave(this.#patterns, pattern)) this.#uproot(pattern);
    }
  }

  /** The buckets of all who asked for the topic, by name or by pattern. Costs at most the patterns' distinct prefixes. */
  find(topic: string): Bucket<Member>[] {
    const exact = this.#topics.get(topic);
    const found = exact === undefined ? [] : [exact];
    if (this.#patterns.size > 0) this.#findPatterns(topic, found);
    return found;
  }

  #findPatterns(topic: string, found: Bucket<Member>[]): void {
    const segments = topic.split("/");
    let reached = [this.#root];
    for (const [depth, segment] of segments.entries()) {
      const next: PatternNode<Member>[] = [];
      for (const node of reached) {
        const literal = node.literal.get(segment);
        if (literal !== undefined) next.push(literal);
        if (depth === 0 && topic.startsWith("$")) continue;
        const one = node.any.get("*");
        if (one !== undefined) next.push(one);
        const rest = node.any.get("**")?.bucket;
        if (rest !== undefined) found.push(rest);
      }
      if (next.length === 0) return;
      reached = next;
    }
    for (const node of reached) if (node.bucket !== undefined) found.push(node.bucket);
  }

  #plant(pattern: string): void {
    let node = this.#root;
    for (const segment of pattern.split("/")) {
      const children = branches(node, segment);
      let child = children.get(segment);
      if (child === undefined) children.set(segment, (child = patternNode()));
      node = child;
    }
    node.bucket = { members: [], gone: 0 };
    this.#patterns.set(pattern, node.bucket);
  }

  #uproot(pattern: string): void {
    const path: [Map<string, PatternNode<Member>>, string, PatternNode<Member>][] = [];
    let node = this.#root;
    for (const segment of pattern.split("/")) {
      const children = branches(node, segment);
      const child = children.get(segment);
      if (child === undefined) return;
      path.push([children, segment, child]);
      node = child;
    }
    node.bucket = undefined;
    for (const [children, segment, child] of path.toReversed()) {
      if (child.bucket !== undefined || child.literal.size > 0 || child.any.size > 0) return;
      children.delete(segment);
    }
  }
}

function patternNode<Member extends Indexed>(): PatternNode<Member> {
  return { literal: new Map(), any: new Map(), bucket: undefined };
}

function branches<Member extends Indexed>(
  node: PatternNode<Member>,
  segment: string,
): Map<string, PatternNode<Member>> {
  return segment === "*" || segment === "**" ? node.any : node.literal;
}

function enter<Member extends Indexed>(buckets: Map<string, Bucket<Member>>, name: string, member: Member): void {
  const bucket = buckets.get(name);
  if (bucket === undefined) buckets.set(name, { members: [member], gone: 0 });
  else bucket.members.push(member);
}

/** Whether the last one has left, and the bucket with him. */
function leave<Member extends Indexed>(buckets: Map<string, Bucket<Member>>, name: string): boolean {
  const bucket = buckets.get(name);
  if (bucket === undefined) return false;
  bucket.gone++;
  if (bucket.gone === bucket.members.length) return buckets.delete(name);
  if (bucket.gone * 2 > bucket.members.length) {
    bucket.members = bucket.members.filter((member) => !member.closed);
    bucket.gone = 0;
  }
  return false;
}
