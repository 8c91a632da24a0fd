import type { KernelWatch, SocketListener, SocketWatch, WatchedSocket } from "../http/platform.ts";
import type { Logger } from "../hub/logger.ts";
import type { Runtime } from "../hub/runtime.ts";
import { isIPv6Key, tcpKey } from "./tcp-key.ts";
import { TcpSockets } from "./tcp-sockets.ts";
import { SHARE, TcpWatch, type TcpWatchOwner } from "./tcp-watch.ts";

/** Between two looks at least, in milliseconds. */
const LEAST_PAUSE = 10;
/** Between two looks at most, while someone has no room and what is held does not get less, in milliseconds. */
const MOST_PATIENCE = 1_000;
/** What a connection survives without a word from its peer, however short the heartbeat is, in milliseconds. */
const LEAST_OUTAGE = 3_000;
/** How long a look holds the event loop at a time, in milliseconds. */
const SLICE_MS = 4;
/** A socket that so many looks in a row have not found will not be found: it is of another network namespace. */
const MAX_MISSED = 3;
/** The kernel gives at most a page at a time; of the page before it less than a row may be left. */
const BUFFER_BYTES = 8_192;

/**
 * Looks at the sockets of one hub, at all of them at once: twice in a heartbeat, and sooner when someone has used up
 * much of what it may be handed, or has no room. What a look costs decides how soon: about 3 µs for each socket in the
 * network namespace, ours or not, and a few milliseconds for an empty table, nearly all of it the kernel's. Nothing is
 * read while there is nothing to look for.
 */
export class TcpLooks implements KernelWatch, TcpWatchOwner {
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  /** Between two looks at most, in milliseconds; and for how long a peer may acknowledge nothing. */
  readonly #interval: number;
  readonly #ipv4: TcpSockets;
  readonly #ipv6: TcpSockets;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** The number of the look that runs, or of the last one. */
  #look = 0;
  #running = false;
  /** When the last look ended, or the first socket came. */
  #ended = 0;
  /** What the last look took of the processor, in milliseconds. */
  #cost = 0;
  /** The largest share of the processor that was asked for since the last look began. */
  #share = 0;
  /** Someone had no room at this look. */
  #awaited = false;
  /** How long to wait for room that nothing shows to be coming. */
  #patience = LEAST_PAUSE;
  #cancel: (() => void) | undefined;
  /** The tables cannot be read. */
  #blind = false;

  /**
   * @param heartbeat in milliseconds
   * @param logger told once if the tables cannot be read
   * @param folder where the kernel's tables are
   */
  constructor(heartbeat: number, runtime: Runtime, logger: Logger, folder = "/proc/self/net") {
    this.#runtime = runtime;
    this.#logger = logger;
    this.#interval = heartbeat / 2;
    this.#ipv4 = new TcpSockets(`${folder}/tcp`, 8);
    this.#ipv6 = new TcpSockets(`${folder}/tcp6`, 32);
  }

  watch(socket: WatchedSocket, asIs: boolean, listener: SocketListener): SocketWatch | undefined {
    const key = this.#blind ? undefined : tcpKey(socket);
    if (key === undefined) return undefined;
    const watch = new TcpWatch(key, this.#look, asIs, listener, this);
    this.#tableOf(watch).add(watch);
    if (this.#cancel === undefined && !this.#running) {
      this.#ended = this.#runtime.elapsed();
      this.#schedule();
    }
    return watch;
  }

  ask(share: number): void {
    if (share <= this.#share) return;
    this.#share = share;
    if (!this.#running) this.#schedule();
  }

  noRoom(fell: boolean): void {
    if (fell) this.ask(SHARE.routine);
    this.#awaited = true;
  }

  remove(watch: TcpWatch): void {
    this.#tableOf(watch).delete(watch);
    if (this.#size > 0 || this.#running) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  get #size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  #tableOf({ key }: TcpWatch): TcpSockets {
    return isIPv6Key(key) ? this.#ipv6 : this.#ipv4;
  }

  #schedule(): void {
    this.#cancel?.();
    const pause = Math.min(Math.max(this.#interval, this.#cost / SHARE.urgent), this.#pause());
    const left = this.#ended + pause - this.#runtime.elapsed();
    // Not by a timer if it is time: a burst could be through before a millisecond is over.
    if (left <= 0) this.#begin();
    else this.#cancel = this.#runtime.after(left, () => this.#begin());
  }

  /** How long a look that is wanted waits, in milliseconds. */
  #pause(): number {
    if (this.#share > 0) return Math.max(LEAST_PAUSE, this.#cost / this.#share);
    return this.#awaited ? Math.max(this.#patience, this.#cost / SHARE.routine) : Infinity;
  }

  #begin(): void {
    this.#cancel = undefined;
    this.#running = true;
    this.#look++;
    this.#cost = 0;
    this.#share = 0;
    this.#awaited = false;
    this.#runtime.defer(() => this.#slice(this.#read()));
  }

  #slice(pages: Generator<void, void>): void {
    const end = this.#runtime.elapsed() + SLICE_MS;
    const used = processorTime();
    let done = false;
    try {
      while (!done && this.#runtime.elapsed() < end) done = pages.next().done === true;
    } catch (error) {
      if (isPassing(error)) this.#miss(false);
      else this.#giveUp(error);
      done = true;
    }
    this.#cost += processorTime() - used;
    if (done) this.#end();
    else this.#runtime.defer(() => this.#slice(pages));
  }

  *#read(): Generator<void, void> {
    const look = this.#look;
    for (const sockets of [this.#ipv4, this.#ipv6]) {
      if (sockets.size === 0) continue;
      const now = this.#runtime.elapsed();
      yield* sockets.read(this.#buffer, (watch, row) =>
        watch.found(row, look, now, Math.max(this.#interval, LEAST_OUTAGE)),
      );
      for (const watch of sockets.values()) if (look > watch.look) watch.missed(look - watch.look >= MAX_MISSED);
    }
  }

  #end(): void {
    this.#running = false;
    this.#ended = this.#runtime.elapsed();
    const isStill = this.#awaited && this.#share === 0;
    this.#patience = isStill ? Math.min(2 * this.#patience, MOST_PATIENCE) : LEAST_PAUSE;
    if (this.#size > 0) this.#schedule();
  }

  /** Goes on as if there were no tables. */
  #giveUp(error: unknown): void {
    this.#blind = true;
    this.#logger.warn({ error }, "The system's sockets cannot be seen: dead peers are left to TCP");
    this.#miss(true);
  }

  #miss(forEver: boolean): void {
    for (const sockets of [this.#ipv4, this.#ipv6]) for (const watch of sockets.values()) watch.missed(forEver);
  }
}

/** Whether it is over when others have closed some files. */
function isPassing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "EMFILE" || code === "ENFILE";
}

/** In milliseconds. Not the time that passes: on a busy machine that is mostly others'. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
