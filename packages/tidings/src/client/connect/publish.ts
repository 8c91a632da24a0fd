import type { Send } from "./settings.ts";
import type { PublishAnswer, Tidings } from "./tidings.ts";

/** Publishing over POST, until the client is closed. The idempotency key is the same over all attempts, so that it is there once. */
export function createPublish(send: Send, url: URL, life: AbortSignal): Tidings["publish"] {
  return async (topic, { event, data, idempotencyKey = randomKey() }, options) =>
    (await send(
      "POST",
      url,
      { topic, event, data, idempotencyKey },
      AbortSignal.any([life, ...(options?.signal ? [options.signal] : [])]),
    )) as PublishAnswer;
}

/** 128 bits. `crypto.randomUUID` is missing on pages without TLS. */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
