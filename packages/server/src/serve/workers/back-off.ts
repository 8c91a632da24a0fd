/** How long to wait before a worker that has ended is replaced. */
export interface BackOff {
  /** How often in a row it has ended soon after its start. */
  readonly failures: number;
  /** It has ended after so many ms of life: the wait in ms. */
  ended(lived: number): number;
}

/** Who has lived so long has not failed at its start, in ms. */
const GOOD_LIFE = 10_000;
const FIRST = 200;
const LONGEST = 30_000;

/** None after a good life, and after a short one the double of the wait before, from 200 ms to 30 s. */
export function createBackOff(): BackOff {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    ended(lived) {
      if (lived >= GOOD_LIFE) failures = 0;
      // The first time is for nothing: what killed it may be over, and its clients are coming.
      const wait = failures === 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** (failures - 1));
      failures += 1;
      return wait;
    },
  };
}
