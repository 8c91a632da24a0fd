import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import { verifyLog } from "@tidings/log-lmdb";

import { Chance } from "../../chance.ts";
import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";

const EVENTS = 600;
const FLIPPED = 100;

/** A bit of an event's data is not what was written, in each of a hundred events. */
export const flippedValues: StorageFault = {
  name: `${FLIPPED} flipped bytes in values`,
  async run(): Promise<FaultOutcome> {
    const chance = new Chance(Math.floor(Math.random() * 2 ** 31));
    const hub = await HubOnDisk.start();
    try {
      const written = Array.from({ length: EVENTS }, (_, index) => text(index, chance));
      for (let first = 0; first < EVENTS; first += 20) {
        const batch = written.slice(first, first + 20).map((data) => ({ topic: `t/${data.length % 7}`, data }));
        equal((await hub.ask("POST", "/publish", JSON.stringify(batch))).status, 200);
      }
      await hub.kill();
      const flipped = new Set<number>();
      while (flipped.size < FLIPPED) flipped.add(chance.between(0, EVENTS - 1));
      const file = readFileSync(hub.data);
      for (const index of flipped) flip(file, written[index] ?? "", chance);
      writeFileSync(hub.data, file);

      const { corrupt } = await verifyLog(hub.log);
      const found = new Set<number>();
      for (const { after, through } of corrupt) {
        for (let offset = after.offset + 1; offset <= through.offset; offset++) found.add(offset - 1);
      }
      deepEqual(
        [...found].toSorted(ascending),
        [...flipped].toSorted(ascending),
        "verify finds each of them, and no other",
      );

      await hub.start();
      const { events, gaps, resets } = await hub.everything();
      for (const { place, data } of events) equal(data, written[place.offset - 1], `offset ${place.offset}`);
      const had = new Set(events.map(({ place }) => place.offset - 1));
      for (let index = 0; index < EVENTS; index++) {
        equal(had.has(index), !flipped.has(index), `offset ${index + 1}`);
        if (flipped.has(index))
          ok(
            gaps.some((gap) => covers(gap, index + 1)),
            `a gap for offset ${index + 1}`,
          );
      }
      ok(gaps.every(({ reason }) => reason === "corrupt"));
      equal(resets, 0);
      equal((await hub.publish("on")).status, 200);
      equal((await hub.everything()).data.at(-1), "on");
      return {
        publisher: "200 as before",
        readers: `${events.length} events as they were, and ${gaps.length} gaps of the reason corrupt for the other ${FLIPPED}; no wrong payload`,
        recovery: `verify finds all ${found.size}, and no other; the hub goes on`,
      };
    } finally {
      await hub.remove();
    }
  },
};

function text(index: number, chance: Chance): string {
  const letters = Array.from({ length: chance.between(20, 600) }, () => String.fromCharCode(chance.between(97, 122)));
  return `event ${index} ${letters.join("")}`;
}

/** Flips a bit of it, in every copy that the file has: pages that were written again leave old ones behind. */
function flip(file: Buffer, data: string, chance: Chance): void {
  const needle = Buffer.from(data);
  const [place, bit] = [chance.between(0, needle.length - 1), 1 << chance.between(0, 7)];
  let copies = 0;
  for (let at = file.indexOf(needle); at >= 0; at = file.indexOf(needle, at + needle.length), copies++) {
    file.writeUInt8(file.readUInt8(at + place) ^ bit, at + place);
  }
  ok(copies > 0, `${data.slice(0, 20)} is in the file`);
}

function covers(gap: { after: { offset: number }; through: { offset: number } }, offset: number): boolean {
  return gap.after.offset < offset && offset <= gap.through.offset;
}

function ascending(one: number, other: number): number {
  return one - other;
}
