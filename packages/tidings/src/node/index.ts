// The entry of `tidings/node`: what an embedder's own server on Node can be given.
export { leanConnections, type LeanOptions } from "./lean/lean-connections.ts";
