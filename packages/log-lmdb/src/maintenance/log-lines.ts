import type { Draft, Entry, Position, Range } from "tidings/log";
import { LogError } from "./log-error.ts";

/** The first line of an exported log. */
export interface HeaderLine {
  readonly log: "tidings";
  readonly version: 1;
  readonly epoch: string;
  readonly head: Position;
  readonly evictedThrough: Position;
}

/** A line of an exported log. Members that an event does not have are left out. */
export type LogLine =
  | HeaderLine
  /** An event; `kept`: it is beyond retention, and the newest of this topic. */
  | (Pick<Entry, "offset" | "tag" | "time" | "topics" | "data"> &
      Partial<Pick<Draft, "event" | "key" | "private" | "audience">> & { readonly kept?: string })
  /** Entries that could not be read. */
  | { readonly corrupt: Range }
  /** Entries that retention took while the log was exported. */
  | { readonly evicted: Range };

/** An event's line. */
export function lineOf(
  { offset, tag, time, topics, event, data, key, audience, ...entry }: Entry,
  kept?: string,
): LogLine {
  return {
    offset,
    tag,
    time,
    topics,
    ...(event === undefined ? {} : { event }),
    data,
    ...(key === undefined ? {} : { key }),
    ...(entry.private ? { private: true } : {}),
    ...(audience === undefined ? {} : { audience }),
    ...(kept === undefined ? {} : { kept }),
  };
}

/**
 * Reads the first line.
 *
 * @throws LogError `bad-format`
 */
export function readHeader(line: unknown): HeaderLine {
  const header = asObject(line);
  if (header["log"] !== "tidings" || header["version"] !== 1 || typeof header["epoch"] !== "string") {
    throw new LogError("bad-format", 'The first line of an exported log is {"log":"tidings","version":1,…}');
  }
  readPosition(header["head"]);
  readPosition(header["evictedThrough"]);
  return line as HeaderLine;
}

/**
 * Reads an event's line, or that of a range that the export does not have.
 *
 * @throws LogError `bad-format`
 */
export function readLine(line: unknown): (Entry & { readonly kept: string | undefined }) | { readonly missing: Range } {
  const members = asObject(line);
  const missing = members["corrupt"] ?? members["evicted"];
  if (missing !== undefined) {
    const { after, through } = asObject(missing);
    return { missing: { after: readPosition(after), through: readPosition(through) } };
  }
  const { offset, tag, time, topics, event, data, key, audience, kept } = members;
  const isEvent =
    isOffset(offset) &&
    isOffset(tag) &&
    tag > 0 &&
    tag <= 0xffff_ffff &&
    typeof time === "number" &&
    Array.isArray(topics) &&
    topics.length > 0 &&
    topics.every((topic) => typeof topic === "string") &&
    (event === undefined || typeof event === "string") &&
    typeof data === "string" &&
    (kept === undefined || typeof kept === "string");
  if (!isEvent) throw new LogError("bad-format", `Not an event of a log: ${JSON.stringify(line).slice(0, 200)}`);
  return {
    version: 1,
    offset,
    tag,
    time,
    topics,
    event,
    data,
    key: readKey(key),
    private: members["private"] === true,
    audience: readAudience(audience),
    kept,
  };
}

function readKey(value: unknown): Entry["key"] {
  if (value === undefined) return undefined;
  const { id, payload } = asObject(value);
  if (typeof id === "string" && typeof payload === "string") return { id, payload };
  throw new LogError("bad-format", "A key has an id and a payload");
}

function readAudience(value: unknown): Entry["audience"] {
  if (value === undefined) return undefined;
  const { roles, users } = asObject(value);
  for (const names of [roles, users]) {
    if (names !== undefined && !(Array.isArray(names) && names.every((name) => typeof name === "string"))) {
      throw new LogError("bad-format", "An audience has roles, users, or both: lists of texts");
    }
  }
  return value as NonNullable<Entry["audience"]>;
}

function readPosition(value: unknown): Position {
  const { epoch, offset, tag } = asObject(value);
  if (typeof epoch !== "string" || !isOffset(offset) || !isOffset(tag)) {
    throw new LogError("bad-format", "A position has an epoch, an offset and a tag");
  }
  return { epoch, offset, tag };
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new LogError("bad-format", "A line of an exported log is a JSON object");
}
