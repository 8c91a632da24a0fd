import { hasControls, shown } from "../wire/fields.ts";
import { HubError } from "./error.ts";
import { longerThan } from "./utf8.ts";

/** The longest topic and the longest pattern, in bytes of UTF-8. */
const MAX_TOPIC_BYTES = 1_024;

/**
 * Checks the name of a topic that is published to.
 *
 * @throws HubError `bad-topic`
 */
export function checkTopic(topic: unknown): asserts topic is string {
  checkText(topic);
  if (topic.includes("*")) {
    throw new HubError("bad-topic", `A published topic has no "*": ${shown(topic)}`);
  }
}

/**
 * Checks a topic or a pattern that is subscribed to.
 *
 * @returns whether it is a pattern
 * @throws HubError `bad-topic`
 */
export function checkPattern(pattern: unknown): boolean {
  checkText(pattern);
  if (!pattern.includes("*")) return false;
  const segments = pattern.split("/");
  for (const [index, segment] of segments.entries()) {
    if (segment === "**" && index < segments.length - 1) {
      throw new HubError("bad-topic", `"**" stands at the end of a pattern only: ${shown(pattern)}`);
    }
    if (segment !== "*" && segment !== "**" && segment.includes("*")) {
      throw new HubError("bad-topic", `"*" is a whole segment of a pattern, as in "orders/*": ${shown(pattern)}`);
    }
  }
  return true;
}

function checkText(topic: unknown): asserts topic is string {
  if (typeof topic !== "string" || topic === "") {
    throw new HubError("bad-topic", `A topic is a text that is not empty, not ${shown(topic)}`);
  }
  if (longerThan(topic, MAX_TOPIC_BYTES)) {
    throw new HubError("bad-topic", `A topic has at most ${MAX_TOPIC_BYTES} bytes: ${shown(topic)}`);
  }
  if (hasControls(topic) || !topic.isWellFormed()) {
    throw new HubError("bad-topic", `A topic has no control characters and no lone surrogates: ${shown(topic)}`);
  }
  if (topic.startsWith("$")) {
    throw new HubError("bad-topic", `Topics that begin with "$" are the hub's own: ${shown(topic)}`);
  }
}

/**
 * Whether a topic matches a pattern: `*` is exactly one segment, `**` at the end is one or more. A pattern that begins
 * with a wildcard does not match a topic that begins with `$`. Takes time linear in the two.
 */
export function matchesPattern(pattern: string, topic: string): boolean {
  if (pattern.startsWith("*") && topic.startsWith("$")) return false;
  let inPattern = 0;
  let inTopic = 0;
  for (;;) {
    const patternEnd = segmentEnd(pattern, inPattern);
    const topicEnd = segmentEnd(topic, inTopic);
    const wanted = pattern.slice(inPattern, patternEnd);
    if (wanted === "**") return true;
    if (wanted !== "*" && wanted !== topic.slice(inTopic, topicEnd)) return false;
    const patternDone = patternEnd === pattern.length;
    const topicDone = topicEnd === topic.length;
    if (patternDone || topicDone) return patternDone && topicDone;
    inPattern = patternEnd + 1;
    inTopic = topicEnd + 1;
  }
}

function segmentEnd(path: string, start: number): number {
  const slash = path.indexOf("/", start);
  return slash === -1 ? path.length : slash;
}
