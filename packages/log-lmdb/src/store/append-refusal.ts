import { statfsSync } from "node:fs";
import { HubError } from "tidings/log";

/** A topic is part of a key of the index: the longest key, less its other parts. */
const MOST_TOPIC_BYTES = 1_900;
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
 * Checks that topics fit into the index.
 *
 * @throws HubError `bad-topic`
 */
export function checkTopics(topics: readonly string[]): void {
  for (const topic of topics) {
    // Three bytes are the most that a character of a text takes.
    if (topic.length * 3 > MOST_TOPIC_BYTES && Buffer.byteLength(topic) > MOST_TOPIC_BYTES) {
      throw new HubError("bad-topic", `A topic of this log has at most ${MOST_TOPIC_BYTES} bytes`);
    }
  }
}
