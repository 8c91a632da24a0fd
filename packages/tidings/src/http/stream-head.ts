import { HubError } from "../hub/error.ts";
import { shown } from "../wire/fields.ts";

/** Origins that were found to be some: an embedder gives the same few with every stream. */
const checked = new Set<string>();
const MOST_CHECKED = 1_000;

/** What every stream is answered with. `no-transform` keeps compression away, `X-Accel-Buffering` nginx's buffers. */
export const STREAM_HEAD: Readonly<Record<string, string>> = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** The headers of a stream's response. The origins were checked. */
export function streamHead(origin: string | null | undefined, origins: readonly string[]): Record<string, string> {
  return { ...STREAM_HEAD, ...corsHead(origin, origins) };
}

/** What lets a page of a listed origin read the response; nothing for others. Fetch, section 3.3. */
export function corsHead(origin: string | null | undefined, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  if (typeof origin !== "string" || !origins.includes(origin)) return { Vary: "Origin" };
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };
}

/**
 * Checks a list of origins: exact ones, as browsers send them.
 *
 * @throws HubError `bad-option`
 */
export function checkOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    if (checked.has(origin)) continue;
    const parsed = URL.canParse(origin) ? new URL(origin).origin : "null";
    if (parsed === "null" || parsed !== origin || origin.includes("*")) {
      throw new HubError(
        "bad-option",
        `An origin is a scheme, a host and perhaps a port, as in "https://app.example": ${shown(origin)}`,
      );
    }
    if (checked.size < MOST_CHECKED) checked.add(origin);
  }
  return origins;
}
