import { clockBack } from "./clock-back.ts";
import { exportImport } from "./export-import.ts";
import { failingCommit, failingSync } from "./failing-sync.ts";
import type { StorageFault } from "./fault.ts";
import { flippedPages } from "./flipped-pages.ts";
import { flippedValues } from "./flipped-values.ts";
import { fullDisk } from "./full-disk.ts";
import { fullTmpfs } from "./full-tmpfs.ts";
import { race } from "./race.ts";
import { slowSync } from "./slow-sync.ts";

/** All that is done to a disk, a clock and a folder. */
export const storageFaults: readonly StorageFault[] = [
  failingSync,
  failingCommit,
  slowSync,
  fullDisk,
  fullTmpfs,
  flippedValues,
  flippedPages,
  race,
  clockBack,
  exportImport,
];
