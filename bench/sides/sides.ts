import { cLoop } from "./c-loop.ts";
import { nchan } from "./nchan.ts";
import { nodeSide } from "./node-side.ts";
import type { Side } from "./side.ts";
import { tidingsServe } from "./tidings-serve.ts";

/** The side that the others are compared with. */
export const reference = "tidings-serve";

const tidings = nodeSide("tidings");
const betterSse = nodeSide("better-sse");
const plain = nodeSide("plain");

/** The sides that deliver events. */
export const fanOutSides: readonly Side[] = [tidingsServe, tidings, nchan, betterSse, plain, cLoop];

/** The sides whose idle connections are weighed: also servers that do nothing but keep them. */
export const memorySides: readonly Side[] = [
  tidingsServe,
  tidings,
  nchan,
  betterSse,
  plain,
  nodeSide("node-http"),
  nodeSide("node-net"),
];

/** The sides that give a subscriber what it missed when it comes back. */
export const resumeSides: readonly Side[] = [tidingsServe, tidings, nchan];

/** Every side, by its name. */
export const sideNames: readonly string[] = [
  ...new Set([...fanOutSides, ...memorySides, ...resumeSides].map(({ name }) => name)),
];
