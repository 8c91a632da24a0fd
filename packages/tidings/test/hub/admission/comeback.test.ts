import { expect, test } from "vitest";

import { Comeback } from "../../../src/hub/admission/comeback.ts";
import { seeded } from "../../simulation.ts";
import { ClockedRuntime } from "./clock.ts";

const RANGE = { min: 1_000, max: 5_000 };

/** Clients that come back when they were told to, for so long; how many came in each second. */
function storm(clients: number, duration: number): number[] {
  const runtime = new ClockedRuntime(seeded(7));
  const comeback = new Comeback(RANGE, runtime);
  const perSecond: number[] = Array.from({ length: duration / 1_000 }, () => 0);
  const due = Array.from({ length: clients }, () => 0);
  for (let now = 0; now < duration; now += 50) {
    for (const [client, at] of due.entries()) {
      if (at > now) continue;
      due[client] = now + comeback.next();
      perSecond[Math.floor(now / 1_000)] = (perSecond[Math.floor(now / 1_000)] ?? 0) + 1;
    }
    runtime.free(50);
  }
  return perSecond;
}

test("a few who are refused come back as any stream does", () => {
  const runtime = new ClockedRuntime(seeded(1));
  const comeback = new Comeback(RANGE, runtime);
  const times = Array.from({ length: 80 }, () => comeback.next());
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...times)).toBeLessThanOrEqual(5_000);
  expect(new Set(times).size).toBeGreaterThan(60);
});

test("many are sent further away: what a crowd asks in a second falls to a fraction, and nobody for longer than 30 s", () => {
  const asked = storm(5_000, 120_000);
  const settled = asked.slice(60);
  // All of them within 5 s would be 1,500 a second.
  expect(Math.max(...settled)).toBeLessThan(600);
  const runtime = new ClockedRuntime(seeded(1));
  const comeback = new Comeback(RANGE, runtime);
  for (let second = 0; second < 60; second++) {
    for (let n = 0; n < 200; n++) expect(comeback.next()).toBeLessThanOrEqual(30_000);
    runtime.free(1_000);
  }
  // The crowd is gone: a minute later all is as it was.
  runtime.free(60_000);
  for (let n = 0; n < 50; n++) expect(comeback.next()).toBeLessThanOrEqual(5_000);
});
