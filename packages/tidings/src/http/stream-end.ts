import type { CloseReason } from "../hub/sink.ts";
import type { Subscriber } from "../hub/subscriber.ts";

/** Waits for how a stream ends. The signal, when it is aborted, ends it. */
export async function endOf(subscriber: Subscriber, signal: AbortSignal | undefined): Promise<CloseReason> {
  if (signal === undefined) return subscriber.ended;
  const abort = (): void => subscriber.close("aborted");
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  const end = await subscriber.ended;
  signal.removeEventListener("abort", abort);
  return end;
}
