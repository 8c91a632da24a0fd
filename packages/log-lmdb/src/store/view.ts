import type { Position } from "tidings/log";
import type { Block } from "./block.ts";
import type { Environment } from "./environment.ts";
import { STATE_KEY } from "./keys.ts";
import { locate, type Hole } from "./locate.ts";
import { EMPTY, readState, type State } from "./state.ts";
import { DAMAGED, TopicTail } from "./topic-tail.ts";

/** What a process sees of the log: the newest commit, and the topics of what its stored index does not reach. */
export class View {
  readonly environment: Environment;
  readonly epoch: string;
  readonly tail: TopicTail = new TopicTail();
  #state: State = EMPTY;

  constructor(environment: Environment, epoch: string) {
    this.environment = environment;
    this.epoch = epoch;
  }

  /** As it was at the last `refresh`. */
  get state(): State {
    return this.#state;
  }

  get head(): Position {
    const { offset, tag } = this.#state.head;
    return { epoch: this.epoch, offset, tag };
  }

  get floor(): Position {
    const { offset, tag } = this.#state.floor;
    return { epoch: this.epoch, offset, tag };
  }

  /**
   * From here on it shows what was committed last.
   *
   * @throws Error if the record of the state is damaged
   */
  refresh(): State {
    const { environment } = this;
    environment.refresh();
    const bytes = environment.get(STATE_KEY);
    const state = bytes === undefined ? EMPTY : readState(bytes, environment.lastSize);
    if (state === undefined) {
      throw new Error("The log's record of its ends is damaged; `tidings log verify` says more");
    }
    this.#state = state;
    this.#readTail();
    return state;
  }

  /** The block with an offset, until the next read; or the offsets around it that no block has, or a damaged one. */
  locate(offset: number): Block | Hole {
    return locate(this.environment, offset, this.#state);
  }

  /** The tag of the entry at an offset; `undefined` if it is not known any more. */
  tagAt(offset: number): number | undefined {
    const { head, floor } = this.#state;
    if (offset === head.offset) return head.tag;
    if (offset === floor.offset) return floor.tag === 0 && offset > 0 ? undefined : floor.tag;
    if (offset < floor.offset) return undefined;
    const found = this.locate(offset);
    return "hole" in found ? undefined : found.tagAt(offset);
  }

  /** The position just after an offset, with tag 0 if its tag is not known. */
  at(offset: number): Position {
    return { epoch: this.epoch, offset, tag: this.tagAt(offset) ?? 0 };
  }

  /** Whether a position is one of this history, as far as that is known. */
  knows({ epoch, offset, tag }: Position): boolean {
    if (epoch !== this.epoch || offset > this.#state.head.offset) return false;
    const known = this.tagAt(offset);
    return known === undefined || known === tag;
  }

  /** Brings the index of the newest entries to where the log is. */
  #readTail(): void {
    const { head, floor, indexedThrough } = this.#state;
    const { tail } = this;
    const from = Math.max(indexedThrough, floor.offset);
    if (tail.from < indexedThrough || tail.through > head.offset) tail.restart(from);
    let found: Block | Hole | undefined;
    for (let offset = Math.max(tail.through, from) + 1; offset <= head.offset; offset++) {
      if (found === undefined || offset > found.last) found = this.locate(offset);
      tail.add(offset, ("hole" in found ? undefined : found.topicsAt(offset)) ?? [DAMAGED]);
    }
  }
}
