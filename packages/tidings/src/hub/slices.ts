import type { Runtime } from "./runtime.ts";

// Long enough to be worth the turn, short enough that a heartbeat, a publish or an accept does not notice.
const SLICE_MS = 4;
// Asking for the time at every item would cost about as much as a write that is not due.
const ITEMS_BETWEEN_LOOKS = 16;

/** Does something to every item in slices of a few milliseconds, with a turn of the event loop between them. */
export function inSlices<Item>(
  runtime: Runtime,
  items: readonly Item[],
  each: (item: Item) => void,
  done: () => void,
): void {
  let next = 0;
  function slice(): void {
    const end = runtime.elapsed() + SLICE_MS;
    while (next < items.length) {
      const item = items[next++];
      if (item !== undefined) each(item);
      if (next % ITEMS_BETWEEN_LOOKS === 0 && runtime.elapsed() > end) {
        runtime.defer(slice);
        return;
      }
    }
    done();
  }
  slice();
}
