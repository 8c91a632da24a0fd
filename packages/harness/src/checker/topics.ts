/** Whether one of the topics is asked for. By itself, and not by the library's own code, which is what is checked. */
export function entitled(asked: readonly string[], topics: readonly string[]): boolean {
  return topics.some((topic) => asked.some((pattern) => isMet(pattern, topic)));
}

/** The hub's own topics are asked for by no wildcard. */
function isMet(pattern: string, topic: string): boolean {
  return !(topic.startsWith("$") && pattern.startsWith("*")) && matches(pattern.split("/"), topic.split("/"));
}

function matches([wanted, ...pattern]: string[], [segment, ...topic]: string[]): boolean {
  if (wanted === undefined || segment === undefined) return wanted === segment;
  if (wanted === "**") return true;
  return (wanted === "*" || wanted === segment) && matches(pattern, topic);
}
