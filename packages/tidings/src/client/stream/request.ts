import { ClientError, type ClientErrorCode, type Problem } from "../error.ts";
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
  let code: ClientErrorCode = "headers";
  try {
    const headers = new Headers(await ask(options.headers));
    code = "network";
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
    throw asClientError(error, code);
  }
}

/** Why a request was refused, from its answer. */
async function refusalOf(response: Response, type: string): Promise<ClientError> {
  const { status, headers } = response;
  const isProblem = type.startsWith("application/problem+json");
  const problem = (isProblem ? await response.json().catch(() => undefined) : undefined) as Problem | undefined;
  // Seconds or a date (RFC 9110, section 10.2.3).
  const wait = headers.get("Retry-After") ?? "";
  const retryAfter = Math.max(0, Number(wait) * 1_000 || Date.parse(wait) - Date.now() || 0);
  return new ClientError(status === 204 ? "over" : "refused", problem?.detail ?? `Status ${status}`, {
    status,
    problem,
    retryAfter,
  });
}

/** What was thrown, as a {@link ClientError}. */
export function asClientError(error: unknown, code: ClientErrorCode = "network"): ClientError {
  if (error instanceof ClientError) return error;
  const { name, message } = error as Partial<Error>;
  return new ClientError(name === "AbortError" ? "aborted" : code, message ?? String(error), { cause: error });
}

/** A header is bytes, which `fetch` takes as one character each. */
function utf8Bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
