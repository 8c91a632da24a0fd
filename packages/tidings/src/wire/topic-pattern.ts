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
