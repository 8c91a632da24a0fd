import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";

/** Where each number stands in the shared memory: `struct troubles` of `disk.h`. */
const PLACES = { syncError: 0, spared: 1, syncDelay: 2, room: 3, clockShift: 4, syncs: 5, failures: 6 };
const WIDTH = 8;

/** What is wrong with a disk and its clock, for processes that run: a change counts at once. */
export class Troubles {
  readonly #file: number;

  /** @param path of a file, which is made */
  constructor(path: string) {
    this.#file = openSync(path, "w+");
    for (const place of Object.values(PLACES)) this.#write(place, 0);
  }

  /**
   * Syncs fail from now on. What a failed one was for is lost: no later one tries it again.
   *
   * @param spared how many come before the first that fails
   */
  failSyncs(code: "EIO" | "ENOSPC", spared = 0): void {
    this.#write(PLACES.spared, spared);
    this.#write(PLACES.syncError, constants.errno[code]);
  }

  /** Syncs work again. */
  healSyncs(): void {
    this.#write(PLACES.syncError, 0);
  }

  /** How long a sync takes beyond its time, in milliseconds. */
  set syncDelay(ms: number) {
    this.#write(PLACES.syncDelay, ms);
  }

  /** How long a file may grow, in bytes, before the disk is full; 0 for no bound. */
  set room(bytes: number) {
    this.#write(PLACES.room, bytes);
  }

  /** How far the clock is ahead of the true one, in milliseconds. */
  set clockShift(ms: number) {
    this.#write(PLACES.clockShift, ms);
  }

  /** How often something was synced, or tried to be. */
  get syncs(): number {
    return this.#read(PLACES.syncs);
  }

  /** How often a sync or a write failed on purpose. */
  get failures(): number {
    return this.#read(PLACES.failures);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(place: number, value: number): void {
    const bytes = Buffer.alloc(WIDTH);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.#file, bytes, 0, WIDTH, place * WIDTH);
  }

  #read(place: number): number {
    const bytes = Buffer.alloc(WIDTH);
    readSync(this.#file, bytes, 0, WIDTH, place * WIDTH);
    return Number(bytes.readBigInt64LE());
  }
}
