/** What must hold, by the names of the report. */
export const INVARIANTS = {
  I1: "no phantom: what is delivered was published, and its publisher was not refused",
  I2: "agreement: one event at each place of a history, for publishers, subscribers and the log",
  I3: "no duplicate: a key is appended once within the dedupe window",
  I4: "order: a subscriber's offsets strictly rise",
  I5: "a publisher's order: what was acknowledged before the next call comes before it; a batch stays together",
  I6: "complete or confessed: what a subscriber is entitled to was delivered, or told as a gap or a reset",
  I7: "an acknowledgement holds: what was acknowledged is in the log",
  I8: "honest: a gap names only what is gone, and a reset comes only where the history is another one",
  I9: "convergence: after the faults everyone is at the head",
  I10: "entitlement: no one is sent what he did not ask for",
  I14: "a cursor never goes back, but after a reset",
  I16: "frames: one opening and one live frame on each connection, ids where and only where they belong",
  I17: "nothing breaks inside, and nothing is kept of those who have left",
} as const;

/** The name of an invariant: those of the research on reliability, and ours from I16 on. */
export type Invariant = keyof typeof INVARIANTS;

/** Something that must not be. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** When it was seen, if that is known. */
  readonly at?: number | undefined;
  /** The subscriber or the publisher who saw it. */
  readonly who?: string | undefined;
}

/** Told of each violation. */
export type OnViolation = (violation: Violation) => void;

/** Tells of a violation at the time of a record. */
export type Say = (invariant: Invariant, record: { readonly at: number }, what: string) => void;
