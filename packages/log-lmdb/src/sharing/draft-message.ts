import type { Audience, Draft } from "tidings/log";
import { ProtocolError } from "./frames.ts";

/** A draft as it goes over a connection: a list, because names would be written and read again for each event. */
export type WireDraft = readonly [
  topics: readonly string[],
  event: string | null,
  data: string,
  key: readonly [id: string, payload: string] | null,
  isPrivate: boolean,
  audience: Audience | null,
];

export function wireDraft({ topics, event, data, key, private: isPrivate, audience }: Draft): WireDraft {
  return [topics, event ?? null, data, key === undefined ? null : [key.id, key.payload], isPrivate, audience ?? null];
}

/**
 * A draft that another process sent. What is in it was validated there; here it must only be of the right shape.
 *
 * @throws ProtocolError
 */
export function draftOf([topics, event, data, key, isPrivate, audience]: Readonly<WireDraft>): Draft {
  const good =
    isTexts(topics) &&
    topics.length > 0 &&
    (event === null || typeof event === "string") &&
    typeof data === "string" &&
    (key === null || (isTexts(key) && key.length === 2)) &&
    typeof isPrivate === "boolean" &&
    isAudience(audience);
  if (!good) throw new ProtocolError("An event that is not as one should be");
  return {
    topics,
    event: event ?? undefined,
    data,
    key: key === null ? undefined : { id: key[0], payload: key[1] },
    private: isPrivate,
    audience: audience ?? undefined,
  };
}

function isAudience(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, texts]) => (name === "roles" || name === "users") && isTexts(texts));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
