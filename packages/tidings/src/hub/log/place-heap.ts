import type { Queue } from "./queue.ts";

/** How far a merge has come in one topic. */
interface Place {
  readonly offsets: Queue<number>;
  index: number;
}

/** The places of a merge, the one with the least offset first: a step costs the logarithm of how many topics there are. */
export class PlaceHeap {
  readonly #places: Place[] = [];

  push(place: Place): void {
    if (headOf(place) === Infinity) return;
    const places = this.#places;
    let child = places.push(place) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (headOf(places[parent]) <= headOf(place)) break;
      places[child] = places[parent] ?? place;
      child = parent;
    }
    places[child] = place;
  }

  /** The least offset, which is passed by with this. An entry of several topics comes once for each. */
  next(): number | undefined {
    const [least] = this.#places;
    if (least === undefined) return undefined;
    const offset = headOf(least);
    least.index++;
    this.#sink(headOf(least) === Infinity ? this.#places.pop() : least);
    return offset;
  }

  /** Puts a place in at the top, and down to where it belongs. */
  #sink(place: Place | undefined): void {
    const places = this.#places;
    if (place === undefined || places.length === 0) return;
    const head = headOf(place);
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (headOf(places[child + 1]) < headOf(places[child])) child++;
      const lesser = places[child];
      if (lesser === undefined || headOf(lesser) >= head) break;
      places[parent] = lesser;
      parent = child;
    }
    places[parent] = place;
  }
}

function headOf(place: Place | undefined): number {
  return place?.offsets.at(place.index) ?? Infinity;
}
