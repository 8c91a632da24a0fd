interface Place {
  readonly source: Iterator<number, void>;
  next: number;
}

/** Rising numbers of several sources as one, each once. The next one of a source is read when its last was taken. */
export function* merge(sources: readonly Iterable<number>[]): Generator<number, void> {
  const heap: Place[] = [];
  for (const each of sources) {
    const source = each[Symbol.iterator]() as Iterator<number, void>;
    const { done, value } = source.next();
    if (!done) sift(heap, heap.push({ source, next: value }) - 1);
  }
  for (let last = -1; ;) {
    const [least] = heap;
    if (least === undefined) return;
    if (least.next > last) yield (last = least.next);
    const { done, value } = least.source.next();
    if (!done) least.next = value;
    else {
      const end = heap.pop();
      if (end === undefined || end === least) continue;
      heap[0] = end;
    }
    sink(heap);
  }
}

/** Moves a place up to where it belongs. */
function sift(heap: Place[], from: number): void {
  for (let child = from; child > 0;) {
    const parent = (child - 1) >> 1;
    if (!swap(heap, parent, child)) return;
    child = parent;
  }
}

/** Moves the first place down to where it belongs. */
function sink(heap: Place[]): void {
  for (let parent = 0; ;) {
    const left = 2 * parent + 1;
    const child = (heap[left + 1]?.next ?? Infinity) < (heap[left]?.next ?? Infinity) ? left + 1 : left;
    if (!swap(heap, parent, child)) return;
    parent = child;
  }
}

/** Puts the lesser of two places first. Whether they changed. */
function swap(heap: Place[], parent: number, child: number): boolean {
  const [upper, lower] = [heap[parent], heap[child]];
  if (upper === undefined || lower === undefined || upper.next <= lower.next) return false;
  heap[parent] = lower;
  heap[child] = upper;
  return true;
}
