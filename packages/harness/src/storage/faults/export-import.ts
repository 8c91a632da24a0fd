import { deepEqual, equal, match } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { tidings } from "./command.ts";
import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";

const EVENTS = 2_000;
const KEPT = 1_500;

/** Everything goes out as text, and into a new folder. */
export const exportImport: StorageFault = {
  name: "export, then import",
  async run(): Promise<FaultOutcome> {
    const hub = await HubOnDisk.start(["--max-events", String(KEPT)]);
    const folder = mkdtempSync(join(tmpdir(), "tidings-import-"));
    try {
      for (let first = 0; first < EVENTS; first += 100) {
        const batch = Array.from({ length: 100 }, (_, index) => event(first + index));
        equal((await hub.ask("POST", "/publish", JSON.stringify(batch))).status, 200);
      }
      const before = await hub.everything();
      await hub.kill();
      const copy = join(folder, "copy");
      const text = tidings(["log", "export", hub.log]);
      tidings(["log", "import", copy], text);
      equal(tidings(["log", "export", copy]), text, "the export of the import is the export");
      const other = hub.another(["--max-events", String(KEPT)], copy);
      await other.start();
      try {
        const after = await other.everything();
        deepEqual([after.events, after.gaps], [before.events, before.gaps]);
        const again = await other.ask("POST", "/publish", JSON.stringify(event(EVENTS - 1)));
        match(again.body, /"duplicate":true/, "a key that the original knew");
        return {
          publisher: "from the copy the same answer for the same key, as a duplicate",
          readers: `the same ${after.events.length} events at the same places, cursors of the one hold for the other`,
          recovery: `${text.split("\n").length - 1} lines; exported again they are equal`,
        };
      } finally {
        await other.kill();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await hub.remove();
    }
  },
};

function event(number: number): Readonly<Record<string, unknown>> {
  return {
    topic: [`t/${number % 7}`, "Grüße/☃"],
    event: number % 2 === 0 ? "paid" : undefined,
    data: `event ${number} \r\n"\\ 😀`,
    idempotencyKey: `key ${number}`,
  };
}
