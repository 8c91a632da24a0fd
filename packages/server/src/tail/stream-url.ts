import { hubUrl } from "../hub-url.ts";

/** What is asked of a stream besides its URL. */
export interface StreamQuery {
  readonly topic: readonly string[];
  readonly from?: string;
}

/** The URL of a stream. One that ends with `/` is a hub's, and its stream is at `events`; any other is used as it is. */
export function streamUrl(base: URL, { topic, from }: StreamQuery): URL {
  const url = base.pathname.endsWith("/") ? hubUrl(base, "events") : new URL(base);
  for (const name of topic) url.searchParams.append("topic", name);
  if (from !== undefined) url.searchParams.set("from", from);
  url.hash = "";
  return url;
}
