import type { ClientError } from "../error.ts";
import { isPassing, waitAfter } from "../stream/back-off.ts";
import { asClientError, ask, askHeaders, request } from "../stream/request.ts";
import type { Clock } from "../stream/clock.ts";
import type { StreamOptions } from "../stream/stream.ts";
import { json } from "./asking.ts";
import type { ConnectOptions } from "./options.ts";

/** What the streams of a client have in common. Asked for each stream: each has a token to refresh of its own. */
export type StreamSettings = () => Omit<StreamOptions, "url">;

/** Sends JSON, and again where that may help; answers what it is answered. */
export type Send = (method: string, url: URL, body: unknown, signal: AbortSignal) => Promise<unknown>;

/** The attempts at one stream, or at one request: what they send, and whether another may do better. */
interface Attempts {
  /** A token, then what else the user sends: asked at every attempt. */
  headers(): Promise<HeadersInit>;
  /** After a 401 or 403 at once, with a fresh token: unless this attempt was one for that. */
  retryable(error: ClientError): boolean | number;
}

function attempts({ token, headers }: ConnectOptions): Attempts {
  let refreshes = false;
  let refreshed = false;
  return {
    async headers() {
      refreshed = refreshes;
      refreshes = false;
      const all = await askHeaders(headers);
      const bearer = await ask(token);
      return bearer === undefined ? all : { ...Object.fromEntries(all), authorization: `Bearer ${bearer}` };
    },
    retryable(error) {
      const { status = 0 } = error;
      refreshes = (status === 401 || status === 403) && !refreshed && typeof token === "function";
      return refreshes ? 0 : isPassing(error) || status >= 500 || [408, 425, 429].includes(status);
    },
  };
}

/** Three of a hub's heartbeats by default, in ms. */
const LONGEST_SILENCE = 45_000;

/** What all streams share, until the client is closed. */
export function streamSettings(options: ConnectOptions, life: AbortSignal): StreamSettings {
  return () => {
    const { headers, retryable } = attempts(options);
    const retry = { ...options.retry, retryable: options.retry?.retryable ?? retryable };
    return { maxSilence: LONGEST_SILENCE, ...options, signal: life, headers, retry };
  };
}

/** How a client publishes, and changes its stream. */
export function createSend(options: ConnectOptions, clock: Clock): Send {
  return async (method, url, body, signal) => {
    const { headers, retryable } = attempts(options);
    const asked = { ...options, url: () => url.href, method, headers, body: () => json(body) };
    // Someone waits for it.
    const policy = { base: 500, max: 10_000, attempts: 6, retryable };
    for (let failures = 0; ; failures++) {
      try {
        signal.throwIfAborted();
        const response = await request(asked, signal);
        return (await response.json()) as unknown;
      } catch (thrown) {
        const error = asClientError(thrown);
        if (signal.aborted) throw error;
        const wait = waitAfter(error, failures, undefined, (options.random ?? Math.random)(), policy);
        if (wait === undefined) throw error;
        await new Promise<void>((resolve) => {
          const go = (): void => {
            signal.removeEventListener("abort", go);
            cancel();
            resolve();
          };
          const cancel = clock.after(wait, go);
          signal.addEventListener("abort", go);
        });
      }
    }
  };
}
