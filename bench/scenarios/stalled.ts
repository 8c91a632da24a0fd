import { setTimeout as pause } from "node:timers/promises";
import { count, mebibytes } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { isComplete } from "./fleet/report.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import { gapFinding } from "./paused.ts";
import { type Finding, runParts, type Scenario, type Stage } from "./scenario.ts";
import { socketsAt } from "./watch/sockets.ts";

/** Clients that do not read for so long that they are closed. */
export const stalled: Scenario = {
  name: "stalled",
  asked:
    "100 clients do not read for 60 s at 1,000 events/s of 250 B: closed 30 s after nothing goes on, for the reason `stalled`, the " +
    "kernel's memory given back within two seconds; they come back with their cursor and get everything, or with a " +
    "retention of 5 s one gap with exact bounds",
  run: (stage) => runParts(stage, [() => runOnce(stage, undefined), () => runOnce(stage, stage.pick(5_000, 500))]),
};

interface Closing {
  /** In seconds since they stopped reading. */
  readonly firstFull: number;
  readonly first: number;
  readonly last: number;
  readonly closed: number;
  /** What the kernel held at most, and how long after the last closing it held nothing to speak of. */
  readonly held: number;
  readonly givenBack: number;
}

async function runOnce(stage: Stage, retentionMs: number | undefined): Promise<Finding[]> {
  const named = retentionMs === undefined ? "retention covers it" : `retention of ${retentionMs / 1000} s`;
  const limit = stage.pick(30, 3);
  stage.say(named);
  const hub = await stage.hub({
    hub: stage.pick({}, { stall: "3s" }),
    log: retentionMs === undefined ? {} : { maxAge: retentionMs },
  });
  const fleet = await stage.fleet();
  const target = { port: hub.port, path: "/events?topic=ticks" };
  const streams = stage.pick(100, 10);
  await fleet.open("healthy", { ...target, count: 20 });
  await fleet.open("sick", { ...target, count: streams, paused: true });
  await fleet.until("healthy", ({ live }) => live === 20, 30_000);
  await fleet.until("sick", ({ live }) => live === streams, 30_000);
  await hub.call("publish", { topics: ["ticks"], bytes: stage.pick(250, 30), rate: stage.pick(1_000, 3_000) });
  const closing = await watchClosing(hub, fleet, streams, stage.pick(60_000, 11_000));
  const fleetSaw = await fleet.streams("sick");
  await fleet.resume("sick");
  await fleet.until("sick", ({ open }) => open === 0, 5_000);
  await fleet.reconnect("sick", stage.pick(1_000, 200));
  await fleet.until("sick", ({ live }) => live === streams, 30_000);
  await pause(stage.pick(3_000, 300));
  const { published, latestMs } = await hub.call("stopPublishing", undefined);
  const report = await fleet.until("sick", (now) => isComplete(now, published), 20_000);
  const healthy = await fleet.until("healthy", (now) => isComplete(now, published), 10_000);
  const told = await fleet.streams("sick");
  const { closed } = await hub.call("stats", undefined);
  await Promise.all([hub.stop(), fleet.stop()]);
  const after = closing.last - closing.firstFull;
  return [
    {
      what: `${named}: closed for a stall`,
      seen: `${closed.stalled} of ${streams}, from ${(closing.first - closing.firstFull).toFixed(1)} to ${after.toFixed(1)} s after the first was full; by a reset: ${fleetSaw.filter(({ closedAt }) => closedAt > 0).length}`,
      goal: `all, at ${limit} s`,
      met: closed.stalled === streams && closing.first - closing.firstFull > limit - 1 && after < limit * 1.5 + 1,
    },
    {
      what: `${named}: the kernel's memory`,
      seen: `${mebibytes(closing.held)} at most; ${Number.isFinite(closing.givenBack) ? `given back within ${closing.givenBack.toFixed(1)} s of the last closing` : "not given back"}`,
      goal: "2 s",
      met: closing.givenBack <= 2,
    },
    {
      what: `${named}: back with their cursor`,
      seen: `${report.live} of ${streams} live, ${count(report.events)} events, ${report.lost} lost, ${report.doubled} doubled`,
      goal: retentionMs === undefined ? "all" : "all that is left",
      met: isComplete(report, published) && report.live === streams,
    },
    gapFinding(named, report, told, retentionMs, 2 + latestMs),
    {
      what: `${named}: the others`,
      seen: `${healthy.lost} lost, ${healthy.gaps} gaps, ${healthy.open} open`,
      goal: "everything, no gap",
      met: isComplete(healthy, published) && healthy.gaps === 0 && healthy.open === 20,
    },
  ];
}

/** Looks ten times a second, for the whole of the time that they do not read. */
async function watchClosing(hub: HubProcess, fleet: Fleet, streams: number, forMs: number): Promise<Closing> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let [firstFull, first, last, givenBack] = [Infinity, Infinity, Infinity, Infinity];
  let [closed, held] = [0, 0];
  while (performance.now() - startedAt < forMs) {
    const stats = await hub.call("stats", undefined);
    const { unacknowledged } = socketsAt(hub.port);
    if (stats.subscribersByState.catchingUp > 0) firstFull = Math.min(firstFull, seconds());
    ({ stalled: closed } = stats.closed);
    if (closed > 0) first = Math.min(first, seconds());
    if (closed === streams) last = Math.min(last, seconds());
    if (closed === 0) held = Math.max(held, unacknowledged);
    if (closed === streams && unacknowledged < 2 ** 20) givenBack = Math.min(givenBack, seconds() - last);
    await pause(100);
  }
  return { firstFull, first, last, closed, held, givenBack };
}
