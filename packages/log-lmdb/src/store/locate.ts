import { Block } from "./block.ts";
import type { Environment } from "./environment.ts";
import { blockKey, BLOCKS, offsetOf } from "./keys.ts";
import type { State } from "./state.ts";

/** Offsets of which nothing is known, both ends included. */
export interface Hole {
  readonly hole: true;
  readonly first: number;
  readonly last: number;
  /** The first offset of a block that is there, but damaged. */
  readonly damaged: number | undefined;
}

/**
 * The block with an offset; or the offsets around it that no block has, or a damaged one.
 *
 * @param copied whether the block is to outlast the next read
 */
export function locate(
  environment: Environment,
  offset: number,
  { floor, head }: Pick<State, "floor" | "head">,
  copied = false,
): Block | Hole {
  const key = environment.lastKey(BLOCKS, blockKey(offset));
  let from = floor.offset + 1;
  let damaged: number | undefined;
  if (key !== undefined) {
    const first = offsetOf(key);
    const bytes = environment.get(key);
    const length = environment.lastSize;
    const kept = copied && bytes !== undefined ? Buffer.from(bytes.subarray(0, length)) : bytes;
    const block = kept === undefined ? undefined : Block.read(kept, length, first);
    if (block !== undefined && offset <= block.last) return block;
    if (block === undefined) damaged = first;
    from = Math.max(from, block === undefined ? first : block.last + 1);
  }
  const next = environment.firstKey({ start: blockKey(offset + 1), end: BLOCKS.end });
  return { hole: true, first: from, last: next === undefined ? head.offset : offsetOf(next) - 1, damaged };
}
