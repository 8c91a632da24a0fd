import { equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Chance } from "../../chance.ts";
import { HubEnded } from "../../chaos/hub-process.ts";
import { tidings } from "./command.ts";
import type { EventStream } from "./event-stream.ts";
import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";

const EVENTS = 400;
const PAGE = 4_096;
/** Where a page has what it is and where its records are. */
const STRUCTURE = 64;
/** The flags of a page say what it is: a branch, a leaf, or one of the two that everything begins with. */
const FLAGS_AT = 18;
const LEADING = new Set([1, 2, 8]);
const TRIES = Number(process.env["TIDINGS_PAGES"] ?? 4);

/** A byte of what LMDB keeps its own order in is another one. It has no checksums: it may go anywhere from there. */
export const flippedPages: StorageFault = {
  name: "a flipped byte in an LMDB page",
  async run(): Promise<FaultOutcome> {
    const chance = new Chance(Math.floor(Math.random() * 2 ** 31));
    const hub = await HubOnDisk.start();
    const counts = { worked: 0, confessed: 0, refused: 0, died: 0, repaired: 0 };
    try {
      const written = Array.from({ length: EVENTS }, (_, index) => `event ${index} ${"x".repeat(index)}`);
      for (let first = 0; first < EVENTS; first += 10) {
        const batch = written.slice(first, first + 10).map((data) => ({ topic: `t/${data.length % 7}`, data }));
        equal((await hub.ask("POST", "/publish", JSON.stringify(batch))).status, 200);
      }
      // What it is after a kill, which is looked at before a start, and after an end in order, which is not.
      const states = [`${hub.log}.killed`, `${hub.log}.ended`] as const;
      await hub.kill();
      cpSync(hub.log, states[0], { recursive: true, filter: isFile });
      await hub.start();
      await hub.end();
      cpSync(hub.log, states[1], { recursive: true, filter: isFile });
      for (let attempt = 0; attempt < TRIES; attempt++) {
        rmSync(hub.log, { recursive: true });
        cpSync(states[attempt % 2] ?? states[0], hub.log, { recursive: true });
        const whole = readFileSync(hub.data);
        const broken = flipped(whole, chance);
        writeFileSync(hub.data, broken);
        hub.said = "";
        const outcome = await started(hub);
        if (outcome === "started") {
          const seen = await read(hub);
          // Damage may well end a process that reads; it may not make it say what is not so.
          if (seen === undefined) counts.died++;
          else if (check(seen, written)) counts.confessed++;
          else counts.worked++;
          await hub.kill();
          continue;
        }
        counts.refused++;
        equal(outcome.signal, null, `the hub was ended by ${outcome.signal}, and did not refuse`);
        match(hub.said, /tidings log export /, "a refusal names the command that repairs");
        equal(hash(readFileSync(hub.data)), hash(broken), "a refusal changes nothing");
        if (await repair(hub, written)) counts.repaired++;
      }
      return {
        publisher: "200 where the hub started",
        readers: `${counts.worked} times everything, ${counts.confessed} times a gap in place of what was gone, ${counts.died} times an end; never a wrong payload`,
        recovery: `of ${TRIES} starts ${counts.refused} refused with the command that repairs, and changed nothing; what could be read of these was exported, imported and served: ${counts.repaired} times`,
      };
    } finally {
      await hub.remove();
    }
  },
};

/** A copy with one byte changed, near the beginning of a page. */
function flipped(whole: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(whole);
  const pages = Array.from({ length: Math.floor(whole.length / PAGE) }, (_, index) => index * PAGE);
  // Most pages hold nothing but values: half of the damage is where they are led to.
  const leading = pages.filter((page) => LEADING.has(whole.readUInt16LE(page + FLAGS_AT)));
  const at = chance.pick(chance.happens(0.5) ? leading : pages) + chance.between(0, STRUCTURE - 1);
  copy.writeUInt8(copy.readUInt8(at) ^ chance.between(1, 255), at);
  return copy;
}

/** Whether it is to be copied: sockets are not. */
function isFile(path: string): boolean {
  return !lstatSync(path).isSocket();
}

async function started(hub: HubOnDisk): Promise<"started" | HubEnded> {
  try {
    await hub.start();
    return "started";
  } catch (error) {
    if (error instanceof HubEnded) return error;
    throw error;
  }
}

/** What the hub has; nothing if it died of it. */
async function read(hub: HubOnDisk): Promise<EventStream | undefined> {
  try {
    return await hub.everything();
  } catch (error) {
    await pause(50);
    if (await hub.isReady().catch(() => false)) throw error;
    return undefined;
  }
}

/** Whether something was confessed. Every event is right, or lies in a gap. */
function check({ events, gaps, resets }: EventStream, written: readonly string[]): boolean {
  for (const { place, data } of events) equal(data, written[place.offset - 1], `offset ${place.offset}`);
  const had = new Set(events.map(({ place }) => place.offset));
  // A reset speaks of all that came before it.
  const from = resets === 0 ? 1 : written.length + 1;
  for (let offset = from; offset <= written.length; offset++) {
    const isConfessed = gaps.some(({ after, through }) => after.offset < offset && offset <= through.offset);
    ok(had.has(offset) || isConfessed, `offset ${offset} neither came nor was confessed`);
  }
  return gaps.length > 0 || resets > 0;
}

/** What can be read goes into another folder, and a hub goes on from there. False if nothing can be read. */
async function repair(hub: HubOnDisk, written: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "tidings-repaired-"));
  const other = hub.another([], join(folder, "log"));
  try {
    const text = exported(hub.log);
    if (text === undefined) return false;
    tidings(["log", "import", other.log], text);
    await other.start();
    check(await other.everything(), written);
    equal((await other.publish("on")).status, 200);
    return true;
  } finally {
    await other.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Nothing if the damage is where everything begins, so that LMDB cannot lead to any of it. */
function exported(log: string): string | undefined {
  try {
    return tidings(["log", "export", log]);
  } catch {
    return undefined;
  }
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
