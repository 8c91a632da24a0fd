import { cLoop } from "./c-loop.ts";
import { centrifugo } from "./centrifugo.ts";
import { mercure } from "./mercure.ts";
import { nchan } from "./nchan.ts";
import { nodeSide } from "./node-side.ts";
import type { Side } from "./side.ts";
import { tidingsServe } from "./tidings-serve.ts";

/** The side that the others are compared with. */
export const reference = "tidings-serve";

const tidings = nodeSide("tidings");
const betterSse = nodeSide("better-sse");
const plain = nodeSide("plain");

/** Peers that Debian has not: they take part where an environment variable names their binary. */
const mercureHere = named("BENCH_MERCURE", mercure);
const centrifugoHere = named("BENCH_CENTRIFUGO", centrifugo);

/** The sides that deliver events. */
export const fanOutSides: readonly Side[] = [
  tidingsServe,
  tidings,
  nchan,
  ...mercureHere,
  ...centrifugoHere,
  betterSse,
  plain,
  cLoop,
];

/** The sides whose idle connections are weighed: also servers that do nothing but keep them. */
export const memorySides: readonly Side[] = [
  tidingsServe,
  tidings,
  nodeSide("tidings-lean"),
  nchan,
  ...mercureHere,
  ...centrifugoHere,
  betterSse,
  plain,
  nodeSide("node-http"),
  nodeSide("node-net"),
];

/** The sides that give a subscriber what it missed when it comes back. */
export const resumeSides: readonly Side[] = [tidingsServe, tidings, nchan, ...mercureHere];

/** Every side, by its name. */
export const sideNames: readonly string[] = [
  ...new Set([...fanOutSides, ...memorySides, ...resumeSides].map(({ name }) => name)),
];

function named(variable: string, make: (binary: string) => Side): readonly Side[] {
  const binary = process.env[variable];
  return binary === undefined || binary === "" ? [] : [make(binary)];
}
