import type { Subscriber } from "../hub/subscriber.ts";

/** Ends a stream when its signal is aborted, at once if it was. A function of its own: see `serve`. */
export function closeOnAbort(subscriber: Subscriber, signal: AbortSignal): void {
  const abort = (): void => subscriber.close("aborted");
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  void subscriber.ended.then(() => signal.removeEventListener("abort", abort));
}

/**
 * Calls back when a request's signal says that the client has left, at once if it has. Every runtime cancels the body of
 * a response then, too; where the body is not read yet, the signal comes first.
 *
 * On Deno the body alone tells: there the signal is also aborted after a good response, and asking for it prints a warning.
 *
 * @returns how to stop listening
 */
export function onLeaving(request: Request, left: () => void): () => void {
  // On Deno not even looked at; and look-alikes of a request may have none.
  const signal = "Deno" in globalThis ? undefined : (request.signal as AbortSignal | undefined);
  if (signal === undefined) return () => undefined;
  if (signal.aborted) left();
  else signal.addEventListener("abort", left, { once: true });
  return () => signal.removeEventListener("abort", left);
}
