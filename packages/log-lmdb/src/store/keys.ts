/** The first byte of a key: what kind of record it is. In the order of the file. */
const APPENDER = 0x10;
const STATE = 0x11;
const PROBE = 0x12;
const LEFTOVER = 0x20;
const KEPT = 0x30;
const CHUNK = 0x40;
const TOPIC = 0x50;
const BLOCK = 0x60;

/** A range of keys, without its end. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** Who appends, and the epoch. */
export const APPENDER_KEY: Buffer = Buffer.of(APPENDER);
/** The ends of the log, and what is indexed. */
export const STATE_KEY: Buffer = Buffer.of(STATE);
/** Written and removed to see whether the disk takes anything. */
export const PROBE_KEY: Buffer = Buffer.of(PROBE);

export const BLOCKS: KeyRange = { start: Buffer.of(BLOCK), end: Buffer.of(BLOCK + 1) };
export const CHUNKS: KeyRange = { start: Buffer.of(CHUNK), end: Buffer.of(CHUNK + 1) };
export const KEPT_EVENTS: KeyRange = { start: Buffer.of(KEPT), end: Buffer.of(KEPT + 1) };
export const LEFTOVERS: KeyRange = { start: Buffer.of(LEFTOVER), end: Buffer.of(LEFTOVER + 1) };
export const TOPICS: KeyRange = { start: Buffer.of(TOPIC), end: Buffer.of(TOPIC + 1) };

/** The block whose first entry has this offset. */
export function blockKey(offset: number): Buffer {
  return offsetKey(BLOCK, offset);
}

/** The index chunk whose first entry has this offset. */
export function chunkKey(offset: number): Buffer {
  return offsetKey(CHUNK, offset);
}

/** The idempotency keys of a block that is gone. */
export function leftoverKey(offset: number): Buffer {
  return offsetKey(LEFTOVER, offset);
}

/** The newest event of a topic that has no other. */
export function keptKey(topic: string): Buffer {
  const key = Buffer.allocUnsafe(1 + Buffer.byteLength(topic));
  key[0] = KEPT;
  key.write(topic, 1);
  return key;
}

/** The offsets of one topic in one index chunk. No topic has a control character, so none is the beginning of another. */
export function topicKey(topic: string, chunk: number): Buffer {
  const length = Buffer.byteLength(topic);
  const key = Buffer.allocUnsafe(length + 8);
  key[0] = TOPIC;
  key.write(topic, 1);
  key[length + 1] = 0;
  key.writeUIntBE(chunk, length + 2, 6);
  return key;
}

/** All index records of one topic. */
export function topicRange(topic: string): KeyRange {
  return { start: topicKey(topic, 0), end: Buffer.concat([Buffer.of(TOPIC), Buffer.from(topic), Buffer.of(1)]) };
}

/** The offset that a key of blocks, chunks, topics or leftovers ends with. */
export function offsetOf(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(key.length - 6, 6);
}

/** The topic that a key of the index or of the kept events has. */
export function topicOf(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  return bytes[0] === KEPT ? bytes.toString("utf8", 1) : bytes.toString("utf8", 1, bytes.length - 7);
}

function offsetKey(prefix: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(7);
  key[0] = prefix;
  key.writeUIntBE(offset, 1, 6);
  return key;
}
