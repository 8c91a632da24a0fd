import type { Draft } from "../log.ts";
import { draft } from "./case.ts";

/** Drafts whose data tell them apart. */
export function draftsOf(topic: string, data: string, count: number): Draft[] {
  return Array.from({ length: count }, (_, index) => draft(topic, `${data}.${index}`));
}

/** A draft with an idempotency key, and the payload that it is used for. */
export function keyed(id: string, payload = "p", topic = "a"): Draft {
  return { ...draft(topic, payload), key: { id, payload } };
}
