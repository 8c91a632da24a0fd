import type { ClientError } from "../error.ts";
import { isPassing, waitAfter } from "../stream/back-off.ts";
import { asClientError, ask, request } from "../stream/request.ts";
import type { Clock } from "../stream/clock.ts";
import type { StreamOptions } from "../stream/stream.ts";
import { json } from "./asking.ts";
import type { ConnectOptions } from "./options.ts";

/** What the streams of a client have in common. Asked for each stream: each has a token to refresh of its own. */
export type StreamSettings = () => Omit<StreamOptions, "url">;

/** Sends JSON, and again where that may help; answers what it is answered. */
export type Send = (method: string, url: URL, body: unknown, signal: AbortSignal) => Promise<unknown>;

/** Whether another attempt may do better; after a 401 or 403 once and at once, with a fresh token. */
function retryPolicy({ token }: ConnectOptions): (error: ClientError) => boolean | number {
  let refreshed = false;
  return (error) => {
    const { status = 0 } = error;
    const unauthorized = status === 401 || status === 403;
    // Between two tokens that were good there is another error: each connection ends with one.
    const again = unauthorized && !refreshed && typeof token === "function";
    refreshed = unauthorized;
    return again ? 0 : isPassing(error) || status >= 500 || [408, 425, 429].includes(status);
  };
}

/** What all streams share, until the client is closed. */
export function streamSettings(options: ConnectOptions, life: AbortSignal): StreamSettings {
  return () => ({
    ...options,
    signal: life,
    /** A token, then what else the user sends: asked at every attempt. */
    async headers() {
      const all = new Headers(await ask(options.headers));
      const bearer = await ask(options.token);
      if (bearer !== undefined) all.set("Authorization", `Bearer ${bearer}`);
      return all;
    },
    retry: { retryable: retryPolicy(options), ...options.retry },
  });
}

/** How a client publishes, and changes its stream. */
export function createSend(options: ConnectOptions, settings: StreamSettings, clock: Clock): Send {
  return async (method, url, body, signal) => {
    const asked = { ...settings(), url: () => url.href, method, body: () => json(body) };
    // Someone waits for it.
    const policy = { base: 500, max: 10_000, attempts: 6, retryable: retryPolicy(options) };
    for (let failures = 0; ; failures++) {
      try {
        const response = await request(asked, signal);
        return (await response.json()) as unknown;
      } catch (thrown) {
        const error = asClientError(thrown);
        const wait = waitAfter(error, failures, undefined, (options.random ?? Math.random)(), policy);
        if (wait === undefined || signal.aborted) throw error;
        await new Promise<unknown>((resolve) => {
          clock.after(wait, () => resolve(0));
          signal.addEventListener("abort", resolve);
        });
      }
    }
  };
}
