import { concat } from "./bytes.ts";
import type { SharedBytes } from "./sink.ts";

/**
 * What the subscribers of one flush are due, shared. The root means nothing due; an edge is an event. A group of
 * subscribers holds a node: the events on the way to it are what they are due. All at one node are written the same
 * buffer, built once, whatever each of them subscribed to.
 */
export class BatchNode implements SharedBytes {
  readonly parent: BatchNode | undefined;
  /** The offset of the event that leads here. */
  readonly offset: number;
  readonly frame: Uint8Array | undefined;
  /** How many events lead here. */
  readonly depth: number;
  /** How many subscribers are here. A buffer for one is not kept. */
  population = 0;
  encoded: Uint8Array | undefined;
  // Events are dispatched in order, so the only child that can still be asked for is the last one made.
  #lastChild: BatchNode | undefined;
  #bytes: Uint8Array | undefined;

  constructor(parent?: BatchNode, offset = 0, frame?: Uint8Array) {
    this.parent = parent;
    this.offset = offset;
    this.frame = frame;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** One edge down. */
  child(offset: number, frame: Uint8Array): BatchNode {
    const last = this.#lastChild;
    if (last !== undefined && last.offset === offset) return last;
    return (this.#lastChild = new BatchNode(this, offset, frame));
  }

  /** The frames on the way here, as one buffer. */
  bytes(): Uint8Array {
    if (this.#bytes !== undefined) return this.#bytes;
    const bytes = this.#join();
    if (this.population > 1) this.#bytes = bytes;
    return bytes;
  }

  #join(): Uint8Array {
    const frames: Uint8Array[] = [];
    for (let node: BatchNode | undefined = this; node?.frame !== undefined; node = node.parent) frames.push(node.frame);
    return concat(frames.toReversed());
  }
}
