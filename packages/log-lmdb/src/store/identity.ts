import { checksum } from "./checksum.ts";
import type { Environment } from "./environment.ts";
import { APPENDER_KEY } from "./keys.ts";

/** The record that makes a folder a log, and says who appends. */
export interface Identity {
  /** How everything is laid out. */
  readonly format: 1;
  readonly epoch: string;
  /** Rises by one with each claim; also the record's version in the database, by which every commit is fenced. */
  readonly generation: number;
  readonly socket: string | undefined;
}

/** The record's bytes: a checksum, and JSON. */
export function writeIdentity(identity: Identity): Buffer {
  const text = Buffer.from(JSON.stringify(identity));
  const bytes = Buffer.allocUnsafeSlow(4 + text.length);
  bytes.writeUInt32LE(checksum(text, 0));
  bytes.set(text, 4);
  return bytes;
}

/**
 * Reads the record; `undefined` if it is damaged.
 *
 * @throws Error if it is of a format that is not known
 */
export function readIdentity(bytes: Buffer, length: number): Identity | undefined {
  const text = bytes.subarray(4, length);
  if (length < 4 || checksum(text, 0) !== bytes.readUInt32LE(0)) return undefined;
  const identity = JSON.parse(text.toString()) as Omit<Identity, "format" | "socket"> & {
    readonly format: number;
    readonly socket?: string;
  };
  if (identity.format !== 1) {
    throw new Error(`The log has format ${identity.format}; this version reads format 1 only`);
  }
  return { format: 1, epoch: identity.epoch, generation: identity.generation, socket: identity.socket };
}

/**
 * The record of an open log.
 *
 * @throws Error if it is not there, or is damaged
 */
export function identityOf(environment: Environment): Identity {
  const bytes = environment.get(APPENDER_KEY);
  const identity = bytes === undefined ? undefined : readIdentity(bytes, environment.lastSize);
  if (identity === undefined) throw new Error("The log's first record is damaged, or missing");
  return identity;
}
