import { hubUrl } from "../hub-url.ts";
import { version } from "../version.ts";

/** What is asked of a stream besides its URL. */
export interface StreamQuery {
  readonly topic: readonly string[];
  readonly from?: string;
}

/**
 * The URL of a stream. One that ends with `/` is a hub's, and its stream is at `events`: there the client says who it is,
 * so that a hub that is full can say so. Any other is used as it is.
 */
export function streamUrl(base: URL, { topic, from }: StreamQuery): URL {
  const isHub = base.pathname.endsWith("/");
  const url = isHub ? hubUrl(base, "events") : new URL(base);
  if (isHub) url.searchParams.set("client", `tidings/${version()}`);
  for (const name of topic) url.searchParams.append("topic", name);
  if (from !== undefined) url.searchParams.set("from", from);
  url.hash = "";
  return url;
}
