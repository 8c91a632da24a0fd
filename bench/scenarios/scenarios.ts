import { paused } from "./paused.ts";
import { policies } from "./policies.ts";
import { replays } from "./replays.ts";
import { resume } from "./resume.ts";
import type { Scenario } from "./scenario.ts";
import { slices } from "./slices.ts";
import { slowReaders } from "./slow-readers.ts";
import { stalled } from "./stalled.ts";
import { storm } from "./storm.ts";

/** Every scenario, in the order in which they are run when none is named. */
export const scenarios: readonly Scenario[] = [slowReaders, paused, stalled, storm, replays, resume, slices, policies];
