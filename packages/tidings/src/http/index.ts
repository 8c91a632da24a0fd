// The entry of `tidings/http`: a hub behind HTTP as a whole. What an embedder mounts one stream at a time is in `tidings`.
export { createFront, type Front, type FrontHub, type FrontOptions } from "./front.ts";
export { LOOPBACK_HOSTS } from "./host.ts";
export type { NodeConnection, NodeRequest, NodeResponse, NodeSocket } from "./node-types.ts";
export { problem, PROBLEM_TYPE, type Problem, type ProblemCode } from "./problem.ts";
export type { StreamEnd } from "./stream-ending.ts";
export type { StreamOptions } from "./stream-options.ts";
