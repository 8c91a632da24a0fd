import { seeded } from "../../tidings/test/simulation.ts";

/** Everything that is left to chance in a run: with one seed every run is the same. */
export class Chance {
  /** From 0 up to 1, without 1. */
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }
}
