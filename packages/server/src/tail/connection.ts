import { type ParsedEvent, WireError, createParser } from "tidings/wire";
import * as v from "valibot";

import { Failure, reasonOf } from "../failure.ts";
import { problemText } from "../problem-text.ts";
import { createWatchdog } from "./watchdog.ts";

/** What a connection is made for, and who is told of what came over it. */
export interface ConnectionOptions {
  readonly url: URL;
  /** The last id received, or empty. */
  readonly lastEventId: string;
  readonly signal: AbortSignal;
  /** The stream is open. */
  onOpen(): void;
  onEvent(event: ParsedEvent): void;
  onRetry(ms: number): void;
  /** Called after what came at once was told. The connection is not read on before its promise resolves. */
  ready(): Promise<void>;
}

/** How a connection ended. `over`: the server said that there is no more (204). */
export interface Ended {
  readonly over: boolean;
  readonly why: string;
  /** The last id received, for the next connection. */
  readonly lastEventId: string;
}

const Opening = v.pipe(v.string(), v.parseJson(), v.object({ heartbeat: v.pipe(v.number(), v.minValue(1)) }));

/**
 * One connection to a stream, until it ends, breaks or falls silent.
 *
 * @throws Failure if another try would be answered the same: a status of 4xx, or no event stream
 */
export async function connectOnce(options: ConnectionOptions): Promise<Ended> {
  const { url, signal, onEvent, onRetry } = options;
  const silent = new AbortController();
  const watchdog = createWatchdog((silence) => silent.abort(new Error(`nothing came for ${silence / 1_000} s`)));
  const parser = createParser({
    lastEventId: options.lastEventId,
    onRetry,
    onEvent(event) {
      const opening = event.event === "tidings:cursor" ? v.safeParse(Opening, event.data) : undefined;
      if (opening?.success === true) watchdog.announced(opening.output.heartbeat);
      onEvent(event);
    },
  });
  const ended = (why: string, over = false): Ended => ({ over, why, lastEventId: parser.lastEventId });

  try {
    watchdog.waiting();
    const headers = { Accept: "text/event-stream", "Cache-Control": "no-cache", ...resumption(options.lastEventId) };
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, silent.signal]) });
    if (response.status === 204) return ended("The server said that there is no more (204).", true);
    if (response.status >= 500) {
      const seconds = response.headers.get("Retry-After") ?? "";
      if (/^\d{1,6}$/.test(seconds)) onRetry(Number(seconds) * 1_000);
      return ended(problemText(response.status, await response.text()));
    }
    await refuse(response);
    options.onOpen();
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      watchdog.came();
      parser.feed(chunk);
      await options.ready();
      watchdog.waiting();
    }
    return ended("The server ended the stream.");
  } catch (error) {
    if (error instanceof Failure) throw error;
    // It would come again after the next connection.
    if (error instanceof WireError) throw new Failure(`The stream cannot be read: ${error.message}`, { cause: error });
    return ended(`The connection failed: ${reasonOf(error)}.`);
  } finally {
    watchdog.came();
    parser.close();
  }
}

/** An id is sent as the bytes of its UTF-8, which `fetch` takes as one character each. */
function resumption(lastEventId: string): Record<string, string> {
  return lastEventId === "" ? {} : { "Last-Event-ID": Buffer.from(lastEventId).toString("latin1") };
}

async function refuse(response: Response): Promise<void> {
  if (response.status !== 200) throw new Failure(problemText(response.status, await response.text()));
  const type = response.headers.get("Content-Type") ?? "";
  if (/^text\/event-stream\s*(;|$)/i.test(type)) return;
  await response.body?.cancel();
  throw new Failure(`What answers there is no event stream: it sent ${type === "" ? "no Content-Type" : type}.`);
}
