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
 * @throws ClientError
 */
export async function request(options: RequestOptions, signal: AbortSignal, lastEventId?: string): Promise<Response> {
  const { fetch = globalThis.fetch } = options;
  try {
    const headers = await askHeaders(options.headers);
    signal.throwIfAborted();
    const url = options.url();
    // A `fetch` of one's own may know other schemes.
    if (options.fetch === undefined && !/^https?:/.test(url)) throw new ClientError("not-http", `Not http: ${url}`);
    const isStream = lastEventId !== undefined;
    if (isStream) headers.set("Accept", "text/event-stream");
    if (lastEventId) headers.set("Last-Event-ID", utf8Bytes(lastEventId));
    const response = await fetch(url, {
      method: ask(options.method) as string,
      body: ask(options.body) as BodyInit,
      headers,
      cache: "no-store",
      credentials: options.withCredentials === true ? "include" : "same-origin",
      signal,
    });
    const { ok, status } = response;
    const type = response.headers.get("Content-Type") ?? "";
    if (isStream ? status !== 200 : !ok) throw await refusalOf(response, type);
    if (!isStream || /^text\/event-stream\s*(;|$)/i.test(type)) return response;
    throw new ClientError("not-a-stream", `Not text/event-stream: ${type}`, { status });
  } catch (error) {
    throw asClientError(error);
  }
}

/** Why a request was refused, from its answer. */
async function refusalOf(response: Response, type: string): Promise<ClientError> {
  const { status, headers } = response;
  const isProblem = type.startsWith("application/problem+json");
  const problem = (isProblem ? await response.json().catch(() => undefined) : undefined) as Problem | undefined;
  // Seconds or a date (RFC 9110, section 10.2.3), and no more than a timer can wait.
  const wait = headers.get("Retry-After") ?? "";
  const retryAfter = Math.min(LONGEST, Math.max(0, Number(wait) * 1_000 || Date.parse(wait) - Date.now() || 0));
  return new ClientError(status === 204 ? "over" : "refused", problem?.detail ?? `Status ${status}`, {
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
  return new ClientError(name === "AbortError" ? "aborted" : code, message ?? String(cause), { cause });
}

/** A header is bytes, which `fetch` takes as one character each. One by one: no call takes as many as an id may have. */
function utf8Bytes(text: string): string {
  return new TextEncoder().encode(text).reduce((bytes, byte) => bytes + String.fromCharCode(byte), "");
}
