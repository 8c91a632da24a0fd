import { BatchNode } from "./batch-trie.ts";
import { textLength, type Position } from "./log/log.ts";
import type { Runtime } from "./runtime.ts";
import { inSlices } from "./slices.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Recent, Tail } from "./tail.ts";
import type { TopicIndex } from "./topic-index.ts";

/** The most that one flush writes to a subscriber, in bytes, unless one event is more. */
const FLUSH_BYTES = 65_536;

/** What a frame has beside its event's text, about. */
const FRAME_BYTES = 100;

/**
 * Dispatches the tail to those who are live. A flush matches what came since the last one, once, and then writes to
 * each subscriber at most once. What is appended while it writes waits for the next flush.
 */
export class FanOut {
  readonly #tail: Tail;
  readonly #index: TopicIndex<Subscriber>;
  readonly #runtime: Runtime;
  /** Called when the tail dropped entries before they were dispatched: those who are live must read the log. */
  readonly #onOverrun: (from: Position) => void;
  #dispatched: Position;
  #running = false;
  #waiting: (() => void)[] = [];

  constructor(tail: Tail, index: TopicIndex<Subscriber>, runtime: Runtime, onOverrun: (from: Position) => void) {
    this.#tail = tail;
    this.#index = index;
    this.#runtime = runtime;
    this.#onOverrun = onOverrun;
    this.#dispatched = tail.head;
  }

  /** Where the last flush that was matched ends. */
  get dispatched(): Position {
    return this.#dispatched;
  }

  /** Whether all of the tail was matched and written. */
  get idle(): boolean {
    return !this.#running && this.#dispatched.offset === this.#tail.head.offset;
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
      this.#onOverrun(this.#dispatched);
      this.#dispatched = oldest;
    }
    const due = this.#match();
    this.#wake();
    inSlices(
      this.#runtime,
      due,
      (subscriber) => subscriber.flush(),
      () => {
        this.#running = false;
        if (!this.idle) this.schedule();
      },
    );
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Moves every live subscriber down the trie by the events that it is due, and the dispatched position with it. */
  #match(): Subscriber[] {
    const start = this.#dispatched;
    const root = new BatchNode();
    const due: Subscriber[] = [];
    let bytes = 0;
    for (;;) {
      const recent = this.#tail.at(this.#dispatched.offset + 1);
      if (recent === undefined) return due;
      // Its frame is not made before someone is due it.
      const size = textLength(recent.entry) + FRAME_BYTES;
      if (bytes > 0 && bytes + size > FLUSH_BYTES) return due;
      bytes += size;
      for (const topic of recent.entry.topics) this.#matchTopic(topic, recent, root, start, due);
      this.#dispatched = recent.position;
    }
  }

  #matchTopic(topic: string, recent: Recent, root: BatchNode, start: Position, due: Subscriber[]): void {
    const { offset } = recent.position;
    for (const { members } of this.#index.find(topic)) {
      const frame = this.#tail.frame(recent);
      for (const subscriber of members) {
        if (subscriber.state !== "live") continue;
        const { node } = subscriber;
        if (node === undefined) {
          subscriber.position = start;
          due.push(subscriber);
          (subscriber.node = root.child(offset, frame)).population++;
        } else if (node.offset !== offset) {
          node.population--;
          (subscriber.node = node.child(offset, frame)).population++;
        }
      }
    }
  }
}
