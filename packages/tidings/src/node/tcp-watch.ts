import type { SocketListener, SocketWatch } from "../http/platform.ts";
import { TIMER, type TcpRow } from "./tcp-table.ts";

/** A socket that holds more than this is full, in bytes. */
const ROOM = 256 * 1024;
/** A write is at most this: a page, and the event that fills it. Larger events than 64 KiB are more. */
const WRITE = 128 * 1024;
/** What it held and was handed since, together, when it is full until the next look. */
const FULL = 2 * ROOM - WRITE;
/** The same for a reader that took in all it was given, and waited for a look: see docs/decisions/0010. */
const MOST_FULL = 8 * ROOM;
/** Who was full and holds no more than this has taken it in. */
const TAKEN_IN = ROOM / 2;
/** When it is time to look, and when that is urgent: early enough that a reader who keeps up does not wait. */
const SOON = 192 * 1024;
const URGENT = 320 * 1024;
/** How often in a row the system has sent again before a peer is given up: at least seven times its patience. */
const MIN_RETRANSMITS = 3;

/** How much of the processor looking may take: when it is time to look, and when a reader waits for nothing else. */
export const SHARE: { readonly routine: number; readonly urgent: number } = { routine: 1 / 32, urgent: 1 / 10 };

/** Since when the system sends again, and from what on. */
interface Suspicion {
  readonly since: number;
  readonly retransmits: number;
  readonly queued: number;
}

/** One socket: its allowance, and whether its peer lives. */
export class TcpWatch implements SocketWatch {
  readonly key: string;
  held = 0;
  /** The number of the look that has found it last, or of the one before it began. */
  look: number;
  /** Another watch of the same socket. */
  next: TcpWatch | undefined;
  #handed = 0;
  #full = FULL;
  #suspicion: Suspicion | undefined;
  readonly #listener: SocketListener;
  /** Nobody once it is over, or cannot be found: then there is always room. */
  #owner: TcpWatchOwner | undefined;
  /** What it is told of goes to the socket as it is: see `KernelWatch.watch`. */
  readonly #asIs: boolean;

  constructor(key: string, look: number, asIs: boolean, listener: SocketListener, owner: TcpWatchOwner) {
    this.key = key;
    this.look = look;
    this.#asIs = asIs;
    this.#listener = listener;
    this.#owner = owner;
  }

  get hasRoom(): boolean {
    return this.held <= ROOM && this.held + this.#handed <= this.#full;
  }

  handed(bytes: number): void {
    if (this.#owner === undefined) return;
    const before = this.held + this.#handed;
    const now = before + bytes;
    this.#handed += bytes;
    if (now > URGENT && before <= URGENT) this.#owner.ask(SHARE.urgent);
    else if (now > SOON && before <= SOON) this.#owner.ask(SHARE.routine);
  }

  stop(): void {
    this.#owner?.remove(this);
    this.#owner = undefined;
  }

  /**
   * Takes what a look has found.
   *
   * @param now in milliseconds
   * @param patience for how long nothing may be acknowledged, in milliseconds
   */
  found(row: TcpRow, look: number, now: number, patience: number): void {
    this.look = look;
    const isDead = this.#suspect(row, now, patience);
    const fell = row.queued < this.held;
    this.#renew(row.queued, this.#nextFull(row.queued));
    if (!this.hasRoom) this.#owner?.noRoom(fell);
    if (isDead) this.#listener.onDead();
  }

  /**
   * Takes it that a look has not found it: then it is as if nobody had looked.
   *
   * @param forEver nobody will
   */
  missed(forEver: boolean): void {
    if (forEver) this.stop();
    this.#suspicion = undefined;
    this.#renew(0, FULL);
  }

  #renew(held: number, full: number): void {
    const hadRoom = this.hasRoom;
    this.held = held;
    this.#handed = 0;
    this.#full = full;
    if (!hadRoom && this.hasRoom) this.#listener.onRoom();
  }

  #nextFull(held: number): number {
    if (held > TAKEN_IN) return FULL;
    return this.hasRoom ? this.#full : Math.min(2 * this.#full, MOST_FULL);
  }

  /**
   * Whether the peer is dead: for so long nothing was acknowledged, and the system went on sending again. A closed window
   * is no reason: then it probes, and sends nothing again.
   */
  #suspect({ queued, timer, retransmits }: TcpRow, now: number, patience: number): boolean {
    const before = this.#suspicion;
    if (timer !== TIMER.retransmission || retransmits === 0) {
      this.#suspicion = undefined;
      return false;
    }
    // What was handed to it meanwhile stands in the queue, too, unless something was acknowledged.
    const least = (before?.queued ?? 0) + (this.#asIs ? this.#handed : 0);
    const isStuck = queued >= least && retransmits >= (before?.retransmits ?? 0);
    if (before === undefined || !isStuck) {
      this.#suspicion = { since: now, retransmits, queued };
      return false;
    }
    this.#suspicion = { ...before, queued };
    return retransmits > before.retransmits && retransmits >= MIN_RETRANSMITS && now - before.since >= patience;
  }
}

/** Who looks. */
export interface TcpWatchOwner {
  /** A look is needed, as soon as looks would take no more than this share of the processor. */
  ask(share: number): void;
  /** A look found no room; `fell` if the socket holds less than at the look before. */
  noRoom(fell: boolean): void;
  remove(watch: TcpWatch): void;
}
