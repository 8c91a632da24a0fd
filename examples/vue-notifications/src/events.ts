/** Something that a person should know. */
export interface Notice {
  readonly kind: "success" | "warning" | "error" | "info";
  readonly title: string;
  readonly text: string;
  /** When, in ms as `Date.now()` counts. */
  readonly at: number;
}

/** What is published to `people/<person>`. */
export interface Events {
  notice: Notice;
}

export const PEOPLE = ["ada", "grace", "linus"] as const;

export type Person = (typeof PEOPLE)[number];
