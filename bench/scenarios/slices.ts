import { setTimeout as pause } from "node:timers/promises";
import { count, millis } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { isComplete } from "./fleet/report.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import { type Finding, judged, type Scenario, type Stage } from "./scenario.ts";
import { type Waits, waitsText, waitsWhile } from "./waits.ts";

/** The longest that anything may wait, in microseconds: many slices and a collection, less than all sockets take. */
const most = 100_000;
const heartbeatMs = 1_000;

/** What waits while thousands of sockets are being written. */
export const slices: Scenario = {
  name: "slices",
  asked:
    "while 10,000 sockets are being written, and during a burst of 10,000 events at once to 1,000 and to 10,000 subscribers: " +
    "the longest that a heartbeat, a publish (in the process and over HTTP) and a new connection waited",
  run: async (stage) => {
    const many = stage.pick(10_000, 300);
    const few = stage.pick(1_000, 100);
    return [
      ...(await steady(stage, many)),
      ...(await burst(stage, few, stage.pick(10_000, 500))),
      ...(await burst(stage, many, stage.pick(2_000, 500))),
    ];
  },
};

async function steady(stage: Stage, streams: number): Promise<Finding[]> {
  stage.say(`${count(streams)} sockets, 8 events a second`);
  const { hub, fleet, probes } = await setUp(stage, streams);
  await waitsWhile(hub, probes, () => pause(stage.pick(1_000, 200)));
  const idle = await waitsWhile(hub, probes, () => pause(stage.pick(5_000, 500)));
  await hub.call("publish", { topics: ["ticks"], bytes: 250, rate: 8 });
  await pause(stage.pick(2_000, 200));
  await fleet.measure("all");
  const waits = await waitsWhile(hub, probes, () => pause(stage.pick(15_000, 1_000)));
  const { latency } = await fleet.report("all");
  const { published } = await hub.call("stopPublishing", undefined);
  const end = await fleet.until("all", (now) => isComplete(now, published), 20_000);
  await Promise.all([hub.stop(), fleet.stop(), probes.stop()]);
  return [
    { what: `${count(streams)} quiet subscribers`, seen: waitsText(idle) },
    {
      what: `${count(streams)} subscribers, 8 events a second`,
      seen: `p50 ${millis(latency.p50)}, p99 ${millis(latency.p99)}, ${end.lost} lost`,
      goal: "all",
      met: isComplete(end, published),
    },
    ...findings(stage, "meanwhile", waits),
  ];
}

async function burst(stage: Stage, streams: number, events: number): Promise<Finding[]> {
  stage.say(`${count(events)} events at once to ${count(streams)}`);
  const { hub, fleet, probes } = await setUp(stage, streams);
  // The first of everything compiles the code.
  await waitsWhile(hub, probes, () => pause(stage.pick(1_000, 200)));
  let end = await fleet.report("all");
  let tookMs = 0;
  const waits = await waitsWhile(hub, probes, async () => {
    const startedAt = performance.now();
    await hub.call("burst", { topics: ["ticks"], bytes: 60, events }, 60_000);
    end = await fleet.until("all", (now) => isComplete(now, events), 80_000);
    tookMs = performance.now() - startedAt;
  });
  await Promise.all([hub.stop(), fleet.stop(), probes.stop()]);
  const perSecond = Math.round((events * streams) / (tookMs / 1000));
  return [
    {
      what: `${count(events)} events at once to ${count(streams)} subscribers`,
      seen: `all there after ${(tookMs / 1000).toFixed(1)} s, ${count(perSecond)} a second; ${end.lost} lost, ${end.gaps} gaps`,
      goal: "all",
      met: isComplete(end, events) && end.gaps === 0,
    },
    ...findings(stage, "meanwhile", waits),
  ];
}

interface Set {
  readonly hub: HubProcess;
  /** The many. */
  readonly fleet: Fleet;
  /** Those whose waits are taken. */
  readonly probes: Fleet;
}

async function setUp(stage: Stage, streams: number): Promise<Set> {
  const hub = await stage.hub({ hub: { heartbeat: heartbeatMs } });
  const [fleet, probes] = [await stage.fleet({ background: true }), await stage.fleet()];
  const target = { port: hub.port, first: 0 };
  await probes.open("quiet", { ...target, path: "/events?topic=quiet", count: 20 });
  await probes.open("bystander", { ...target, path: "/events?topic=probe", count: 1, first: -2 });
  await probes.open("newcomer", { ...target, path: "/events?topic=newcomers", count: 1 });
  await fleet.open("all", { ...target, path: "/events?topic=ticks", count: streams });
  await probes.until("quiet", ({ live }) => live === 20, 30_000);
  await fleet.until("all", ({ live }) => live === streams, 60_000);
  return { hub, fleet, probes };
}

function findings(stage: Stage, what: string, waits: Waits): Finding[] {
  const { silence, publish, httpPublish, connection, probe } = waits;
  const longest = Math.max(publish, httpPublish, connection, silence - heartbeatMs * 1000);
  return [
    judged(
      stage,
      `${what}: the longest waits`,
      `${waitsText(waits)} (${count(probe.publishes)} publishes; event loop p99 ${probe.loopDelayP99Ms.toFixed(1)} ms, longest ${probe.loopDelayMaxMs.toFixed(1)} ms)`,
      `${millis(most)}; silence ${millis(heartbeatMs * 1000 + most)}`,
      longest <= most,
    ),
  ];
}
