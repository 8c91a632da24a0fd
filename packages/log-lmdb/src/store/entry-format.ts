import type { Audience, Draft, Entry, IdempotencyKey } from "tidings/log";

// An entry's bytes: flags, the number of topics (2), the time (8), the topics, the name, the key, the audience, each
// with its length (2, the audience 4), and the data, to the end. All numbers little-endian, all text UTF-8.
const HAS_EVENT = 1;
const HAS_KEY = 2;
const IS_PRIVATE = 4;
const HAS_AUDIENCE = 8;
const FIXED = 11;

/** The most bytes that a draft may take: what a buffer needs to have left. */
export function mostBytes({ topics, event, data, key, audience }: Draft): number {
  let length = FIXED + 3 * data.length;
  for (const topic of topics) length += 2 + 3 * topic.length;
  if (event !== undefined) length += 2 + 3 * event.length;
  if (key !== undefined) length += 4 + 3 * (key.id.length + key.payload.length);
  if (audience !== undefined) length += 4 + 3 * JSON.stringify(audience).length;
  return length;
}

/** Writes an entry's bytes, from `start` on. Answers where they end. */
export function writeEntry(buffer: Buffer, start: number, draft: Draft, time: number): number {
  const { topics, event, data, key, audience } = draft;
  buffer[start] =
    (event === undefined ? 0 : HAS_EVENT) |
    (key === undefined ? 0 : HAS_KEY) |
    (draft.private ? IS_PRIVATE : 0) |
    (audience === undefined ? 0 : HAS_AUDIENCE);
  buffer.writeUInt16LE(topics.length, start + 1);
  buffer.writeDoubleLE(time, start + 3);
  let end = start + FIXED;
  for (const topic of topics) end = writeText(buffer, end, topic);
  if (event !== undefined) end = writeText(buffer, end, event);
  if (key !== undefined) end = writeText(buffer, writeText(buffer, end, key.id), key.payload);
  if (audience !== undefined) {
    const length = buffer.write(JSON.stringify(audience), end + 4);
    buffer.writeUInt32LE(length, end);
    end += 4 + length;
  }
  return end + buffer.write(data, end);
}

/** Reads an entry from its bytes, which were checked. */
export function readEntry(bytes: Buffer, start: number, end: number, offset: number, tag: number): Entry {
  const reader = new EntryReader(bytes, start);
  const { time } = reader;
  const topics = reader.topics();
  const event = reader.event();
  const key = reader.key();
  const audience = reader.audience();
  const data = bytes.toString("utf8", reader.position, end);
  return { version: 1, offset, tag, time, topics, event, data, key, private: reader.isPrivate, audience };
}

/** Reads an entry's topics alone. */
export function readTopics(bytes: Buffer, start: number): string[] {
  return new EntryReader(bytes, start).topics();
}

/** Reads an entry's idempotency key alone. */
export function readKey(bytes: Buffer, start: number): IdempotencyKey | undefined {
  const reader = new EntryReader(bytes, start);
  if (!reader.hasKey) return undefined;
  reader.skipToKey();
  return reader.key();
}

/** Reads one field after the other. */
class EntryReader {
  readonly #bytes: Buffer;
  readonly #flags: number;
  readonly #topics: number;
  readonly time: number;
  position: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#flags = bytes[start] ?? 0;
    this.#topics = bytes.readUInt16LE(start + 1);
    this.time = bytes.readDoubleLE(start + 3);
    this.position = start + FIXED;
  }

  get isPrivate(): boolean {
    return (this.#flags & IS_PRIVATE) !== 0;
  }

  get hasKey(): boolean {
    return (this.#flags & HAS_KEY) !== 0;
  }

  topics(): string[] {
    const topics: string[] = [];
    for (let index = 0; index < this.#topics; index++) topics.push(this.#text());
    return topics;
  }

  event(): string | undefined {
    return (this.#flags & HAS_EVENT) === 0 ? undefined : this.#text();
  }

  key(): IdempotencyKey | undefined {
    return this.hasKey ? { id: this.#text(), payload: this.#text() } : undefined;
  }

  audience(): Audience | undefined {
    if ((this.#flags & HAS_AUDIENCE) === 0) return undefined;
    const start = this.position + 4;
    this.position = start + this.#bytes.readUInt32LE(start - 4);
    return JSON.parse(this.#bytes.toString("utf8", start, this.position)) as Audience;
  }

  skipToKey(): void {
    const texts = this.#topics + ((this.#flags & HAS_EVENT) === 0 ? 0 : 1);
    for (let index = 0; index < texts; index++) this.position += 2 + this.#bytes.readUInt16LE(this.position);
  }

  #text(): string {
    const start = this.position + 2;
    this.position = start + this.#bytes.readUInt16LE(start - 2);
    return this.#bytes.toString("utf8", start, this.position);
  }
}

function writeText(buffer: Buffer, start: number, text: string): number {
  const length = buffer.write(text, start + 2);
  buffer.writeUInt16LE(length, start);
  return start + 2 + length;
}
