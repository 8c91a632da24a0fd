import { setTimeout as pause } from "node:timers/promises";
import { count, millis } from "./figures.ts";
import { type GroupReport, isComplete, type StreamReport } from "./fleet/report.ts";
import { exactGap } from "./exact-gap.ts";
import { type Finding, runParts, type Scenario, type Stage } from "./scenario.ts";

/** Clients that do not read for a while, and then do. */
export const paused: Scenario = {
  name: "paused",
  asked:
    "100 clients do not read for 20 s at 2,000 events/s of 250 B, and then do: each gets everything in order on the same connection, " +
    "without a gap where retention covers it; with a retention of 5 s there is one gap, with exact bounds",
  run: (stage) => runParts(stage, [() => runOnce(stage, undefined), () => runOnce(stage, stage.pick(5_000, 500))]),
};

async function runOnce(stage: Stage, retentionMs: number | undefined): Promise<Finding[]> {
  const named = retentionMs === undefined ? "retention covers it" : `retention of ${retentionMs / 1000} s`;
  stage.say(named);
  const hub = await stage.hub(retentionMs === undefined ? {} : { log: { maxAge: retentionMs } });
  const fleet = await stage.fleet();
  const target = { port: hub.port, path: "/events?topic=ticks" };
  const streams = stage.pick(100, 10);
  await fleet.open("healthy", { ...target, count: streams });
  await fleet.open("paused", { ...target, count: streams });
  for (const group of ["healthy", "paused"]) await fleet.until(group, ({ live }) => live === streams, 30_000);
  // Small events in the quick form: then the memory that the hub has of its own, beyond retention, is left sooner.
  await hub.call("publish", { topics: ["ticks"], bytes: stage.pick(250, 30), rate: stage.pick(2_000, 3_000) });
  await pause(stage.pick(2_000, 200));
  await fleet.pause("paused");
  await pause(stage.pick(20_000, 9_500));
  await fleet.resume("paused");
  const resumedAt = performance.now();
  // Publishing goes on until they are there again: what retention lets go has an event behind it.
  const missed = await hub.call("published", undefined);
  await fleet.until("paused", ({ leastNext }) => leastNext >= missed, 40_000);
  const caughtUpMs = performance.now() - resumedAt;
  await pause(stage.pick(5_000, 500));
  const { published, latestMs } = await hub.call("stopPublishing", undefined);
  const report = await fleet.until("paused", (now) => isComplete(now, published), 20_000);
  const healthy = await fleet.until("healthy", (now) => isComplete(now, published), 10_000);
  const told = await fleet.streams("paused");
  await Promise.all([hub.stop(), fleet.stop()]);
  return [
    {
      what: `${named}: everything in order on the same connection`,
      seen: `${count(report.events)} events to ${report.streams} clients, ${report.lost} lost, ${report.doubled} doubled, ${report.lives} connections, ${report.open} open`,
      goal: retentionMs === undefined ? "all" : "all that is left",
      met: isComplete(report, published) && report.lives === streams && report.open === streams,
    },
    gapFinding(named, report, told, retentionMs, 2 + latestMs),
    {
      what: `${named}: the others`,
      seen: `${healthy.lost} lost, ${healthy.gaps} gaps, p99 ${millis(healthy.latency.p99)}`,
      goal: "everything, no gap",
      met: isComplete(healthy, published) && healthy.gaps === 0,
    },
    {
      what: `${named}: read on, to where the others were`,
      seen: `${caughtUpMs.toFixed(0)} ms after the pause, while publishing goes on`,
    },
  ];
}

/** What the clients of a run were told that they missed, against what they must be. */
export function gapFinding(
  named: string,
  report: GroupReport,
  told: readonly StreamReport[],
  retentionMs: number | undefined,
  apartMs: number,
): Finding {
  if (retentionMs === undefined) {
    const seen = `${report.gaps} gaps, ${report.resets} resets`;
    return { what: `${named}: gaps`, seen, goal: "none", met: report.gaps + report.resets === 0 };
  }
  const exact = told.filter((stream) => exactGap(stream, retentionMs, apartMs)).length;
  const ages = told.flatMap(({ gaps }) => gaps.map(({ firstAge }) => firstAge));
  return {
    what: `${named}: gaps`,
    seen: `${report.gaps} gaps, ${report.resets} resets; ${exact} of ${told.length} clients with one, exact; the first event after it ${millis(Math.min(...ages))} to ${millis(Math.max(...ages))} old`,
    goal: `one for each, from where the client was to what retention let go`,
    met: exact === told.length && report.resets === 0,
  };
}
