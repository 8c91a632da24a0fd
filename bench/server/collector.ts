// Loaded into `tidings serve` before its own code (`--import`), so that the benchmark can ask it for a garbage collection.
import { answerCalls } from "../processes/calls.ts";
import { collectGarbage } from "./collect-garbage.ts";

/** What a server answers into which this file was loaded. */
export type CollectorCalls = {
  collectGarbage(argument: undefined): Promise<void>;
};

const calls: CollectorCalls = { collectGarbage };
answerCalls(calls);
