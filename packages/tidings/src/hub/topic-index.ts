import type { TopicFilter } from "./topic-filter.ts";

/** What can be found in a topic index. `closed` tells that it may be forgotten. */
export interface Indexed {
  readonly filter: TopicFilter;
  readonly closed: boolean;
}

/** Those who asked for one topic or one pattern. Many a topic has but one: he stands for himself. */
type Bucket<Member extends Indexed> = Member | Several<Member>;

/** In order of their coming, with some who have left. */
class Several<Member extends Indexed> {
  members: Member[];
  gone = 0;

  constructor(members: Member[]) {
    this.members = members;
  }
}

interface PatternNode<Member extends Indexed> {
  /** The next segment, by name. */
  readonly literal: Map<string, PatternNode<Member>>;
  /** The next segment where it is `*` or `**`. */
  readonly any: Map<string, PatternNode<Member>>;
  /** The pattern that ends here. */
  pattern: string | undefined;
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

  /** Calls for all who asked for the topic, by name or by pattern. Costs at most the patterns' distinct prefixes. */
  find(topic: string, found: (member: Member) => void): void {
    visit(this.#topics.get(topic), found);
    if (this.#patterns.size > 0) this.#findPatterns(topic, found);
  }

  #findPatterns(topic: string, found: (member: Member) => void): void {
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
        this.#visitEnd(node.any.get("**"), found);
      }
      if (next.length === 0) return;
      reached = next;
    }
    for (const node of reached) this.#visitEnd(node, found);
  }

  #visitEnd(node: PatternNode<Member> | undefined, found: (member: Member) => void): void {
    if (node?.pattern !== undefined) visit(this.#patterns.get(node.pattern), found);
  }

  #plant(pattern: string): void {
    let node = this.#root;
    for (const segment of pattern.split("/")) {
      const children = branches(node, segment);
      let child = children.get(segment);
      if (child === undefined) children.set(segment, (child = patternNode()));
      node = child;
    }
    node.pattern = pattern;
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
    node.pattern = undefined;
    for (const [children, segment, child] of path.toReversed()) {
      if (child.pattern !== undefined || child.literal.size > 0 || child.any.size > 0) return;
      children.delete(segment);
    }
  }
}

function patternNode<Member extends Indexed>(): PatternNode<Member> {
  return { literal: new Map(), any: new Map(), pattern: undefined };
}

function branches<Member extends Indexed>(
  node: PatternNode<Member>,
  segment: string,
): Map<string, PatternNode<Member>> {
  return segment === "*" || segment === "**" ? node.any : node.literal;
}

function visit<Member extends Indexed>(bucket: Bucket<Member> | undefined, found: (member: Member) => void): void {
  if (bucket instanceof Several) for (const member of bucket.members) found(member);
  else if (bucket !== undefined) found(bucket);
}

function enter<Member extends Indexed>(buckets: Map<string, Bucket<Member>>, name: string, member: Member): void {
  const bucket = buckets.get(name);
  if (bucket === undefined) buckets.set(name, member);
  else if (bucket instanceof Several) bucket.members.push(member);
  else buckets.set(name, new Several([bucket, member]));
}

/** Whether the last one has left, and the bucket with him. */
function leave<Member extends Indexed>(buckets: Map<string, Bucket<Member>>, name: string): boolean {
  const bucket = buckets.get(name);
  if (!(bucket instanceof Several)) return buckets.delete(name);
  bucket.gone++;
  if (bucket.gone === bucket.members.length) return buckets.delete(name);
  if (bucket.gone * 2 > bucket.members.length) {
    bucket.members = bucket.members.filter((member) => !member.closed);
    bucket.gone = 0;
  }
  return false;
}
