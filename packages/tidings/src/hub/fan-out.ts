import { BatchNode } from "./batch-trie.ts";
import type { Group, Groups } from "./group.ts";
import { textLength, type Position } from "./log/log.ts";
import type { Runtime } from "./runtime.ts";
import { inSlices } from "./slices.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Recent, Tail } from "./tail.ts";

/** The most that one flush writes to a subscriber, in bytes, unless one event is more. */
const FLUSH_BYTES = 65_536;

/** The most groups that are met for events of one flush, unless one event meets more: a few milliseconds. */
const FLUSH_VISITS = 20_000;

/** What a frame has beside its event's text, about. */
const FRAME_BYTES = 100;

/**
 * Dispatches the tail to those who are live. A flush matches what came since the last one, once, and then writes to
 * each subscriber at most once. What is appended while it writes waits for the next flush.
 */
export class FanOut {
  readonly #tail: Tail;
  readonly #groups: Groups;
  readonly #runtime: Runtime;
  /** Called when the tail dropped entries before they were dispatched: those who are live must read the log. */
  readonly #onOverrun: () => void;
  #dispatched: Position;
  #start: Position;
  /** Counts the flushes: a subscriber that has had its part of one keeps this number. */
  #turn = 0;
  #running = false;
  #waiting: (() => void)[] = [];

  constructor(tail: Tail, groups: Groups, runtime: Runtime, onOverrun: () => void) {
    this.#tail = tail;
    this.#groups = groups;
    this.#runtime = runtime;
    this.#onOverrun = onOverrun;
    this.#dispatched = this.#start = tail.head;
  }

  /** Where the last flush that was matched ends. */
  get dispatched(): Position {
    return this.#dispatched;
  }

  /** Where the last flush that was matched begins. */
  get start(): Position {
    return this.#start;
  }

  /** Whether all of the tail was matched and written. */
  get idle(): boolean {
    return !this.#running && this.#dispatched.offset === this.#tail.head.offset;
  }

  /** Whether the running flush is still to write to a subscriber that is live. */
  isDue({ group, turn }: Subscriber): boolean {
    return group.node !== undefined && turn !== this.#turn;
  }

  /** Where a subscriber that is live stands: at the end of the running flush, or where that began. */
  positionOf(subscriber: Subscriber): Position {
    return this.isDue(subscriber) ? this.#start : this.#dispatched;
  }

  /** From here on flushes find a subscriber; it has everything through the end of the running one. */
  enter(subscriber: Subscriber): void {
    subscriber.turn = this.#turn;
    subscriber.group.enter(subscriber);
  }

  /** Resolves when the next flush has been matched. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** There is more in the tail. The flush starts on the next turn, so that what comes together goes together. */
  schedule(): void {
    if (this.#running) return;
    this.#running = true;
    this.#runtime.defer(() => this.#flush());
  }

  /** The tail began anew: nothing of it is dispatched, and who waited for more of the old one looks again. */
  restart(): void {
    this.#dispatched = this.#tail.oldest;
    this.#wake();
  }

  #flush(): void {
    const { oldest } = this.#tail;
    if (oldest.epoch !== this.#dispatched.epoch || oldest.offset > this.#dispatched.offset) {
      this.#onOverrun();
      this.#dispatched = oldest;
    }
    this.#turn++;
    this.#start = this.#dispatched;
    const groups = this.#match();
    this.#wake();
    // Who is live now: others may join while it is written, at its end.
    const due = groups.flatMap(({ live }) => live);
    inSlices(
      this.#runtime,
      due,
      (subscriber) => this.#deliver(subscriber),
      () => {
        for (const group of groups) group.node = undefined;
        this.#running = false;
        if (!this.idle) this.schedule();
      },
    );
  }

  #deliver(subscriber: Subscriber): void {
    const { node } = subscriber.group;
    if (node === undefined || subscriber.state !== "live" || subscriber.turn === this.#turn) return;
    subscriber.turn = this.#turn;
    subscriber.deliver(node);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Moves every group with someone live down the trie by the events that it is due, and what is dispatched with it. */
  #match(): Group[] {
    const root = new BatchNode();
    const due: Group[] = [];
    let bytes = 0;
    let visits = 0;
    while (visits < FLUSH_VISITS) {
      const recent = this.#tail.at(this.#dispatched.offset + 1);
      if (recent === undefined) break;
      // Its frame is not made before someone is due it.
      const size = textLength(recent.entry) + FRAME_BYTES;
      if (bytes > 0 && bytes + size > FLUSH_BYTES) break;
      bytes += size;
      for (const topic of recent.entry.topics) visits += this.#matchTopic(topic, recent, root, due);
      this.#dispatched = recent.position;
    }
    for (const { node, live } of due) if (node !== undefined) node.population += live.length;
    return due;
  }

  /** Answers how many groups it met. */
  #matchTopic(topic: string, recent: Recent, root: BatchNode, due: Group[]): number {
    const { offset } = recent.position;
    let visits = 0;
    this.#groups.find(topic, (group) => {
      visits++;
      if (group.live.length === 0) return;
      const { node } = group;
      if (node === undefined) {
        due.push(group);
        group.node = root.child(offset, this.#tail.frame(recent));
      } else if (node.offset !== offset) {
        group.node = node.child(offset, this.#tail.frame(recent));
      }
    });
    return visits;
  }
}
