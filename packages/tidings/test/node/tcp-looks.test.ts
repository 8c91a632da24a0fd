import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { SocketWatch } from "../../src/http/platform.ts";
import { noLogger } from "../../src/hub/logger.ts";
import { systemRuntime, type Runtime } from "../../src/hub/runtime.ts";
import { TcpLooks } from "../../src/node/tcp-looks.ts";

const KIB = 1_024;
const HEARTBEAT = 15_000;
const SOCKET = { localAddress: "127.0.0.1", localPort: 3_000, remoteAddress: "127.0.0.1", remotePort: 50_000 };

/** A clock that stands still unless it is turned. What is due runs in order. */
class Clock {
  time = 0;
  tasks: { at: number; task: () => void }[] = [];
  readonly runtime: Runtime = {
    ...systemRuntime(),
    elapsed: () => this.time,
    defer: (task) => this.after(0, task),
    after: (ms, task) => this.after(ms, task),
  };

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.time + ms, task };
    this.tasks.push(entry);
    return () => (this.tasks = this.tasks.filter((each) => each !== entry));
  }

  turn(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.tasks = this.tasks.filter((each) => each !== next);
      this.time = next.at;
      next.task();
    }
    this.time = end;
  }
}

interface Row {
  readonly queued: number;
  readonly timer?: number;
  readonly retransmits?: number;
}

interface Watched {
  readonly watch: SocketWatch | undefined;
  readonly onRoom: () => void;
  readonly onDead: () => void;
}

/** Hands to a socket what it may be handed. How much that was, in KiB. */
function fill(watch: SocketWatch | undefined): number {
  for (let handed = 0; ; handed += 64) {
    if (watch?.hasRoom !== true) return handed;
    watch.handed(64 * KIB);
  }
}

class Kernel {
  readonly clock = new Clock();
  readonly warn = vi.fn();
  readonly #folder = mkdtempSync(join(tmpdir(), "tidings-"));
  readonly looks: TcpLooks;

  constructor(row?: Row) {
    onTestFinished(() => rmSync(this.#folder, { recursive: true }));
    if (row !== undefined) this.holds(row);
    this.looks = new TcpLooks(HEARTBEAT, this.clock.runtime, { ...noLogger, warn: this.warn }, this.#folder);
  }

  /** What the table shows of the socket from now on; nothing if it is not there. */
  holds(row: Row | undefined): void {
    const { queued = 0, timer = 0, retransmits = 0 } = row ?? {};
    const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, "0");
    const text =
      `   0: 0100007F:0BB8 0100007F:C350 01 ${hex(queued, 8)}:00000000 ${hex(timer, 2)}:00000000 ` +
      `${hex(retransmits, 8)}     0        0 1 1 0000000000000000 20 0 0 10 -1\n`;
    writeFileSync(join(this.#folder, "tcp"), `  sl  local_address\n${row === undefined ? "" : text}`);
  }

  watch(asIs = true): Watched {
    const listener = { onRoom: vi.fn(), onDead: vi.fn() };
    return { watch: this.looks.watch(SOCKET, asIs, listener), ...listener };
  }
}

describe("what a socket may be handed", () => {
  test("is so much that 512 KiB are held at the most, until the next look, which comes soon", () => {
    for (const held of [0, 30, 200, 256]) {
      const kernel = new Kernel({ queued: held * KIB });
      const { watch, onRoom } = kernel.watch();
      kernel.clock.turn(HEARTBEAT);
      const handed = fill(watch);
      // A write may be of two times as much.
      expect(held + handed + 64).toBeLessThanOrEqual(512);
      expect(handed).toBeGreaterThan(128);
      expect(onRoom).not.toHaveBeenCalled();
      kernel.holds({ queued: 200 * KIB });
      kernel.clock.turn(HEARTBEAT / 4);
      expect(watch).toMatchObject({ held: 200 * KIB, hasRoom: true });
      expect(onRoom).toHaveBeenCalledTimes(1);
    }
  });

  test("grows for a reader that was full and has taken it in, up to 2 MiB, until it has not", () => {
    const kernel = new Kernel({ queued: 0 });
    const { watch } = kernel.watch();
    const handed = Array.from({ length: 6 }, () => {
      const filled = fill(watch);
      kernel.clock.turn(HEARTBEAT / 4);
      return filled;
    });
    expect(handed).toEqual([448, 832, 1_600, 2_112, 2_112, 2_112]);
    watch?.handed(64 * KIB);
    kernel.holds({ queued: 200 * KIB });
    kernel.clock.turn(HEARTBEAT);
    expect(200 + fill(watch) + 64).toBeLessThanOrEqual(512);
  });

  test("does not grow for one that is left with much, nor for one that was not full", () => {
    const kernel = new Kernel({ queued: 160 * KIB });
    const { watch } = kernel.watch();
    for (let look = 0; look < 3; look++) {
      fill(watch);
      kernel.clock.turn(HEARTBEAT / 4);
    }
    kernel.holds({ queued: 0 });
    for (let look = 0; look < 3; look++) {
      watch?.handed(100 * KIB);
      kernel.clock.turn(HEARTBEAT);
    }
    expect(fill(watch)).toBe(448);
  });

  test("is nothing while the system holds more than 256 KiB", () => {
    const kernel = new Kernel({ queued: 256 * KIB + 1 });
    const { watch, onRoom } = kernel.watch();
    kernel.clock.turn(HEARTBEAT);
    expect(watch).toMatchObject({ held: 256 * KIB + 1, hasRoom: false });
    kernel.holds({ queued: 256 * KIB });
    kernel.clock.turn(HEARTBEAT / 4);
    expect(watch).toMatchObject({ held: 256 * KIB, hasRoom: true });
    expect(onRoom).toHaveBeenCalledTimes(1);
  });

  test("is without limit for a socket that the table does not show, and it is looked for no more", () => {
    const kernel = new Kernel();
    kernel.holds(undefined);
    const { watch, onRoom } = kernel.watch();
    for (let look = 0; look < 3; look++) {
      expect(kernel.clock.tasks).toHaveLength(1);
      watch?.handed(512 * KIB);
      kernel.clock.turn(HEARTBEAT / 4);
    }
    expect(kernel.clock.tasks).toEqual([]);
    expect(onRoom).toHaveBeenCalledTimes(3);
    watch?.handed(512 * KIB);
    expect(watch).toMatchObject({ held: 0, hasRoom: true });
  });

  test("is without limit once the table cannot be read, and the logger is told once", () => {
    const kernel = new Kernel();
    const { watch, onRoom } = kernel.watch();
    watch?.handed(512 * KIB);
    kernel.clock.turn(HEARTBEAT);
    expect(watch).toMatchObject({ hasRoom: true });
    expect(onRoom).toHaveBeenCalledTimes(1);
    expect(kernel.watch().watch).toBeUndefined();
    expect(kernel.warn).toHaveBeenCalledTimes(1);
  });
});

describe("a peer is dead", () => {
  /** How often it was found dead, with a look for each row. */
  function deaths(rows: readonly Row[], handed = 0, asIs = true): number {
    const kernel = new Kernel({ queued: 0 });
    const { watch, onDead } = kernel.watch(asIs);
    for (const row of rows) {
      watch?.handed(handed);
      kernel.holds(row);
      kernel.clock.turn(HEARTBEAT / 2);
    }
    return vi.mocked(onDead).mock.calls.length;
  }
  const sentAgain = (retransmits: number, queued: number): Row => ({ queued, timer: 1, retransmits });

  test("when the system sends again from one look to the next, and nothing is acknowledged", () => {
    expect(deaths([sentAgain(2, 48), sentAgain(4, 48)])).toBe(1);
    expect(deaths([sentAgain(2, 48), sentAgain(4, 96)], 48)).toBe(1);
    expect(deaths([sentAgain(1, 48), sentAgain(2, 48), sentAgain(3, 48)])).toBe(1);
  });

  test("and not when something was acknowledged", () => {
    expect(deaths([sentAgain(2, 96), sentAgain(4, 48)])).toBe(0);
    expect(deaths([sentAgain(2, 48), sentAgain(4, 90)], 48)).toBe(0);
    expect(deaths([sentAgain(5, 48), sentAgain(4, 48)])).toBe(0);
    expect(deaths([sentAgain(4, 48), { queued: 48, timer: 1 }, sentAgain(5, 48)])).toBe(0);
  });

  test("what goes to the socket in another form is not counted as its bytes", () => {
    expect(deaths([sentAgain(2, 48), sentAgain(4, 90)], 48, false)).toBe(1);
    expect(deaths([sentAgain(2, 48), sentAgain(4, 40)], 48, false)).toBe(0);
  });

  test("and not after a single look, a few times sent again, or when it is not sent again any more", () => {
    expect(deaths([sentAgain(9, 48)])).toBe(0);
    expect(deaths([sentAgain(1, 48), sentAgain(2, 48)])).toBe(0);
    expect(deaths([sentAgain(4, 48), sentAgain(4, 48), sentAgain(4, 48)])).toBe(0);
  });

  test("and not when its window is closed, however long", () => {
    const probed = (retransmits: number): Row => ({ queued: 300_000, timer: 4, retransmits });
    expect(deaths([probed(2), probed(4), probed(6), probed(8)])).toBe(0);
    expect(deaths([sentAgain(2, 300_000), probed(4), sentAgain(6, 300_000), probed(8)])).toBe(0);
  });

  test("and not when looks come one after the other: it must have been silent for half a heartbeat", () => {
    const kernel = new Kernel({ queued: 0 });
    const { watch, onDead } = kernel.watch();
    for (let look = 0; look < 10; look++) {
      watch?.handed(200 * KIB);
      kernel.holds(sentAgain(look + 1, 210 * KIB * (look + 1)));
      kernel.clock.turn(HEARTBEAT / 40);
    }
    expect(onDead).not.toHaveBeenCalled();
    kernel.holds(sentAgain(20, 2_200 * KIB));
    kernel.clock.turn(HEARTBEAT);
    expect(onDead).toHaveBeenCalled();
  });

  test("all streams of the connection are told, until they stop", () => {
    const kernel = new Kernel({ queued: 0 });
    const streams = [kernel.watch(), kernel.watch(), kernel.watch()];
    streams[1]?.watch?.stop();
    for (const row of [sentAgain(2, 48), sentAgain(4, 48)]) {
      kernel.holds(row);
      kernel.clock.turn(HEARTBEAT / 2);
    }
    expect(streams.map(({ onDead }) => vi.mocked(onDead).mock.calls.length)).toEqual([1, 0, 1]);
  });
});

describe("looks", () => {
  test("are taken while there is someone to look at, and not otherwise", () => {
    const kernel = new Kernel({ queued: 5 });
    expect(kernel.clock.tasks).toEqual([]);
    const [one, other] = [kernel.watch(), kernel.watch()];
    kernel.clock.turn(HEARTBEAT / 2 - 1);
    expect(one.watch?.held).toBe(0);
    kernel.clock.turn(1);
    expect(one.watch?.held).toBe(5);
    one.watch?.stop();
    expect(kernel.clock.tasks).toHaveLength(1);
    other.watch?.stop();
    expect(kernel.clock.tasks).toEqual([]);
    kernel.watch();
    expect(kernel.clock.tasks).toHaveLength(1);
  });

  test("come less and less often, but still, for one that takes nothing in", () => {
    const kernel = new Kernel({ queued: 300 * KIB });
    const { watch } = kernel.watch();
    kernel.clock.turn(HEARTBEAT / 2 + HEARTBEAT / 4);
    kernel.holds({ queued: 290 * KIB });
    kernel.clock.turn(HEARTBEAT / 4);
    expect(watch?.held).toBe(290 * KIB);
  });

  test("of sockets that are not TCP are none", () => {
    const listener = { onRoom: vi.fn(), onDead: vi.fn() };
    expect(new Kernel({ queued: 0 }).looks.watch({}, true, listener)).toBeUndefined();
  });
});
