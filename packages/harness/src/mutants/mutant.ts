/** A change to the engine that breaks its contract: one text in one file of its sources, in the place of another. */
export interface Mutant {
  /** What it does, in a few words. */
  readonly name: string;
  /** Below the library's sources. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}
