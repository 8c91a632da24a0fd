import { nodeSide } from "./node-side.ts";
import type { Side } from "./side.ts";

/** The side that the others are compared with. */
export const reference = "tidings";

/** The sides that deliver events. */
export const fanOutSides: readonly Side[] = [nodeSide(reference), nodeSide("better-sse"), nodeSide("plain")];

/** The sides whose idle connections are weighed: also a server that does nothing but keep them. */
export const memorySides: readonly Side[] = [...fanOutSides, nodeSide("bare")];
