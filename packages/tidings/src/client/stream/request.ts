import { WireError } from "../../wire/error.ts";
import { ClientError, type ClientErrorCode, type Problem } from "../error.ts";
import type { StreamOptions } from "./stream.ts";

/**
 * One request for a stream, up to the head of an answer that is one (HTML standard, section 9.2.3).
 *
 * @throws ClientError
 */
export async function request(options: StreamOptions, lastEventId: string, signal: AbortSignal): Promise<Response> {
  const { fetch = globalThis.fetch, withCredentials, pauseWhenHidden } = options;
  let code: "headers" | "network" = "headers";
  try {
    const headers = new Headers(await options.headers?.());
    code = "network";
    if (pauseWhenHidden === true && globalThis.document?.hidden) throw new ClientError("paused", "The page is hidden");
    const url = options.url();
    // A `fetch` of one's own may know other schemes.
    if (options.fetch === undefined && !/^https?:/.test(url)) throw new ClientError("not-http", `No stream at ${url}`);
    headers.set("Accept", "text/event-stream");
    if (lastEventId !== "") headers.set("Last-Event-ID", utf8Bytes(lastEventId));
    const response = await fetch(url, {
      method: options.method?.() ?? "GET",
      body: options.body?.() ?? null,
      headers,
      cache: "no-store",
      credentials: withCredentials === true ? "include" : "same-origin",
      signal,
    });
    await check(response);
    return response;
  } catch (error) {
    throw asClientError(error, code);
  }
}

/** What was thrown, as a {@link ClientError}. */
export function asClientError(error: unknown, code: "headers" | "network"): ClientError {
  if (error instanceof ClientError) return error;
  const { name, message } = error as Partial<Error>;
  const exact = error instanceof WireError ? (error.code as ClientErrorCode) : name === "AbortError" ? "aborted" : code;
  return new ClientError(exact, message ?? String(error), { cause: error });
}

async function check(response: Response): Promise<void> {
  const { status, headers } = response;
  const type = headers.get("Content-Type") ?? "";
  if (status === 204) throw new ClientError("over", "There is no more", { status });
  if (status !== 200) throw await refusalOf(response);
  if (/^text\/event-stream\s*(;|$)/i.test(type)) return;
  throw new ClientError("not-a-stream", `"${type}" is no text/event-stream`, { status });
}

/** Why a request was refused, from its answer. */
export async function refusalOf(response: Response): Promise<ClientError> {
  const { status, headers } = response;
  const problem = headers.get("Content-Type")?.startsWith("application/problem+json")
    ? await problemOf(response)
    : undefined;
  const retryAfter = waitOf(headers.get("Retry-After"));
  return new ClientError("refused", problem?.detail ?? `Status ${status}`, { status, problem, retryAfter });
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  return (await response.json().catch(() => undefined)) as Problem | undefined;
}

/** `Retry-After` has seconds or a date (RFC 9110, section 10.2.3). */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const wait = Number(retryAfter) * 1_000;
  return Math.max(0, Number.isNaN(wait) ? Date.parse(retryAfter) - Date.now() : wait) || undefined;
}

/** A header is bytes, which `fetch` takes as one character each. */
function utf8Bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
