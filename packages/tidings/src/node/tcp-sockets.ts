import { closeSync, openSync, readSync } from "node:fs";

import { readRows, type TcpRow } from "./tcp-table.ts";
import type { TcpWatch } from "./tcp-watch.ts";

/** The sockets that are looked for in one of the kernel's tables: those of IPv4, or those of IPv6. */
export class TcpSockets {
  readonly #path: string;
  readonly #digits: 8 | 32;
  readonly #watches = new Map<string, TcpWatch>();
  /** Local ports, each with the number of watches at it. */
  readonly #ports = new Map<number, number>();

  constructor(path: string, digits: 8 | 32) {
    this.#path = path;
    this.#digits = digits;
  }

  get size(): number {
    return this.#watches.size;
  }

  *values(): Generator<TcpWatch, void> {
    for (const first of this.#watches.values()) {
      for (let watch: TcpWatch | undefined = first; watch !== undefined; watch = watch.next) yield watch;
    }
  }

  add(watch: TcpWatch): void {
    watch.next = this.#watches.get(watch.key);
    this.#watches.set(watch.key, watch);
    this.#count(watch.key, 1);
  }

  delete(watch: TcpWatch): void {
    const first = this.#watches.get(watch.key);
    let before = first;
    if (first === watch) {
      if (watch.next === undefined) this.#watches.delete(watch.key);
      else this.#watches.set(watch.key, watch.next);
    } else {
      while (before !== undefined && before.next !== watch) before = before.next;
      if (before === undefined) return;
      before.next = watch.next;
    }
    this.#count(watch.key, -1);
  }

  /**
   * Reads the table, which the kernel makes as it is read, a page at a time.
   *
   * @param buffer for more than a page and a row
   * @throws what `node:fs` throws
   */
  *read(buffer: Buffer, found: (watch: TcpWatch, row: TcpRow) => void): Generator<void, void> {
    const each = (key: string, row: TcpRow): void => {
      for (let watch = this.#watches.get(key); watch !== undefined; watch = watch.next) found(watch, row);
    };
    const file = openSync(this.#path, "r");
    try {
      let kept = 0;
      for (;;) {
        const read = readSync(file, buffer, kept, buffer.length - kept, null);
        if (read === 0) return;
        const end = kept + read;
        const used = readRows(buffer, end, this.#digits, this.#ports, each);
        buffer.copyWithin(0, used, end);
        kept = end - used;
        yield;
      }
    } finally {
      closeSync(file);
    }
  }

  #count(key: string, change: 1 | -1): void {
    const port = parseInt(key.slice(this.#digits + 1, this.#digits + 5), 16);
    const count = (this.#ports.get(port) ?? 0) + change;
    if (count === 0) this.#ports.delete(port);
    else this.#ports.set(port, count);
  }
}
