import { statfsSync } from "node:fs";
import { HubError, type Draft } from "tidings/log";

/** A topic is part of a key of the index: the longest key, less its other parts. */
const MOST_TOPIC_BYTES = 1_900;
/** Names and keys are stored with a length of two bytes. */
const MOST_NAME_BYTES = 65_535;
/** With less on the disk than this it counts as full, in bytes. */
const NO_ROOM = 1024 * 1024;
/** A commit failed: whether its entries are there is not known. */
export function unknownOutcome(cause: unknown, reason: string): HubError {
  const message = `The log failed while it was written${reason}: publish again with the same idempotency key to be sure`;
  return new HubError("log-failed", message, { cause });
}

/** What the system does not say of a failed commit: it calls a write that found no room for its end an I/O error. */
export function reasonOf(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < NO_ROOM ? ", for the disk is full" : "";
  } catch {
    return "";
  }
}

/** Nothing is written until the store was opened anew. */
export function notNow(): HubError {
  return new HubError("log-failed", "The log cannot be written at the moment; nothing was published");
}

/**
 * Checks that a draft fits into a block and its topics into the index, before anything is numbered.
 *
 * @throws HubError `bad-topic`, `bad-event` or `bad-key`
 */
export function checkRoom({ topics, event, key }: Draft): void {
  if (topics.length > MOST_NAME_BYTES)
    throw new HubError("bad-topic", `An event has at most ${MOST_NAME_BYTES} topics`);
  for (const topic of topics) {
    if (isLonger(topic, MOST_TOPIC_BYTES)) {
      throw new HubError("bad-topic", `A topic of this log has at most ${MOST_TOPIC_BYTES} bytes`);
    }
  }
  if (event !== undefined && isLonger(event, MOST_NAME_BYTES)) {
    throw new HubError("bad-event", `An event's name has at most ${MOST_NAME_BYTES} bytes in this log`);
  }
  if (key !== undefined && (isLonger(key.id, MOST_NAME_BYTES) || isLonger(key.payload, MOST_NAME_BYTES))) {
    throw new HubError("bad-key", `A hash of a key has at most ${MOST_NAME_BYTES} bytes in this log`);
  }
}

/** Three bytes are the most that a character of a text takes. */
function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}
