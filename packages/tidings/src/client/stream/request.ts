import { ClientError, type ClientErrorCode, type Problem } from "../error.ts";
import { LONGEST } from "./clock.ts";
import type { StreamOptions } from "./stream.ts";

/** What is given, or what a function answers that is given instead. */
type Asked<Value> = Value | (() => Value | Promise<Value>);

/** Asks, if it is a function. */
export function ask<Value>(given: Asked<Value>): Value | Promise<Value> {
  return typeof given === "function" ? (given as () => Value | Promise<Value>)() : given;
}

/** As the document or the worker's script has it. */
export function absolute(url: string | URL): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  return new URL(url, document?.baseURI ?? location?.href);
}

/**
 * Asks for headers. What throws at once is told later, too.
 *
 * @throws ClientError that shows no value: they are secrets, and errors get into logs
 */
export async function askHeaders(given: Asked<HeadersInit | undefined>): Promise<Headers> {
  let had = false;
  try {
    const init = await ask(given);
    had = true;
    return new Headers(init);
  } catch (cause) {
    throw new ClientError("headers", "No headers that can be sent", had ? {} : { cause });
  }
}

/** What a request is made of. */
type RequestOptions = Pick<StreamOptions, "url" | "headers" | "method" | "body" | "fetch" | "withCredentials">;

/**
 * One request, up to the head of an answer that is good.
 *
 * @param lastEventId for a stream (HTML standard, section 9.2.3), empty if there is none
 * @throws ClientError, or what `fetch` throws
 */
export async function request(options: RequestOptions, signal: AbortSignal, lastEventId?: string): Promise<Response> {
  const headers = await askHeaders(options.headers);
  signal.throwIfAborted();
  const url = options.url();
  // A `fetch` of one's own may know other schemes.
  if (options.fetch === undefined && !/^https?:/.test(url)) throw new ClientError("not-http", `Not http: ${url}`);
  let id = "";
  const isStream = lastEventId !== undefined;
  if (isStream) headers.set("Accept", "text/event-stream");
  // A header is bytes, which `fetch` takes as one character each. No call takes as many as an id may have.
  for (const byte of new TextEncoder().encode(lastEventId)) id += String.fromCharCode(byte);
  if (id) headers.set("Last-Event-ID", id);
  const response = await (options.fetch ?? fetch)(url, {
    method: ask(options.method) as string,
    body: ask(options.body) as BodyInit,
    headers,
    cache: "no-store",
    credentials: options.withCredentials ? "include" : "same-origin",
    signal,
  });
  const { ok, status, headers: answered } = response;
  const type = answered.get("Content-Type") ?? "";
  if (isStream ? status === 200 : ok) {
    if (!isStream || /^text\/event-stream\s*(;|$)/i.test(type)) return response;
    throw new ClientError("not-a-stream", `Not text/event-stream: ${type}`, { status });
  }
  const isProblem = type.startsWith("application/problem+json");
  const problem = (isProblem ? await response.json().catch(() => undefined) : undefined) as Problem | undefined;
  // Seconds or a date (RFC 9110, section 10.2.3), and no more than a timer can wait.
  const wait = answered.get("Retry-After") as string;
  const retryAfter = Math.min(LONGEST, Math.max(0, +wait * 1_000 || Date.parse(wait) - Date.now() || 0));
  throw new ClientError(status === 204 ? "over" : "refused", problem?.detail ?? `Status ${status}`, {
    status,
    problem,
    retryAfter,
  });
}

/** What was thrown, as a {@link ClientError}. */
export function asClientError(cause: unknown, code: ClientErrorCode = "network"): ClientError {
  if (cause instanceof ClientError) return cause;
  // Anything can be thrown.
  const { name, message } = (cause ?? {}) as Partial<Error>;
  return new ClientError(name === "AbortError" ? "aborted" : code, message, { cause });
}
