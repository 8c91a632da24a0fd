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

/** Whether a name that was checked is a pattern. */
export function isPattern(name: string): boolean {
  return name.includes("*");
}

/**
 * Checks a topic or a pattern that is subscribed to.
 *
 * @returns whether it is a pattern
 * @throws HubError `bad-topic`
 */
export function checkPattern(pattern: unknown): boolean {
  checkText(pattern);
  if (!isPattern(pattern)) return false;
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
