import type { Hub } from "tidings";

/** What the demo needs of a hub, which may be at work in several processes. */
export type DemoHub = Pick<Hub, "publish" | "stats">;
