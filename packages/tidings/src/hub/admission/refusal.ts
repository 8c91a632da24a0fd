/** Why a stream was refused before it began, in a fixed order: a limit on streams was reached, or the hub was overloaded. */
export const REFUSAL_REASONS = ["connections", "address", "principal", "overload"] as const;

/**
 * Why a stream was refused before it began.
 *
 * - `connections`, `address`, `principal`: as many streams as the limit says were open, in all, of this address, of this
 *   principal.
 * - `overload`: the event loop was late for too long.
 */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A stream that may not begin, and when its client is to come back, in milliseconds. */
export interface Refusal {
  /** `closed`: the hub is. */
  readonly reason: RefusalReason | "closed";
  readonly retry: number;
}
