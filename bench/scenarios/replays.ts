import { setTimeout as pause } from "node:timers/promises";
import { stolenSeconds } from "../machine.ts";
import { count, millis } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { isComplete } from "./fleet/report.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import { judged, type Scenario, type Stage } from "./scenario.ts";

const load = { topics: ["ticks"], bytes: 250 };

/** Many long replays at once, beside those who are live. */
export const replays: Scenario = {
  name: "replays",
  asked:
    "100 clients at once replay 100,000 events of 250 B, beside 500 live clients at 100 events/s: the p99 of the live ones " +
    "within 1.5 times that of a run without replays; nothing lost, nothing twice",
  run: async (stage) => {
    const events = stage.pick(100_000, 5_000);
    const replaying = stage.pick(100, 10);
    stage.say("without replays");
    const alone = await setUp(stage, events);
    await alone.fleet.measure("live");
    await pause(stage.pick(15_000, 1_000));
    const without = await alone.fleet.report("live");
    await Promise.all([alone.hub.stop(), alone.fleet.stop()]);

    stage.say("with replays");
    const { hub, fleet, target } = await setUp(stage, events);
    const others = await stage.fleet({ background: true });
    await fleet.measure("live");
    const startedAt = performance.now();
    const stolenBefore = await stolenSeconds();
    await others.open("replaying", { ...target, path: `${target.path}&from=earliest`, count: replaying });
    await pause(stage.pick(500, 50));
    await fleet.measure("settled");
    await others.until("replaying", ({ live }) => live === replaying, 80_000);
    const tookMs = performance.now() - startedAt;
    const stolen = ((await stolenSeconds()) ?? 0) - (stolenBefore ?? 0);
    const within = await fleet.report("live");
    const later = await fleet.report("settled");
    const { published } = await hub.call("stopPublishing", undefined);
    const replayed = await others.until("replaying", (now) => isComplete(now, published), 10_000);
    const live = await fleet.until("live", (now) => isComplete(now, published), 10_000);
    const settled = await fleet.until("settled", (now) => isComplete(now, published), 10_000);
    await Promise.all([hub.stop(), fleet.stop(), others.stop()]);

    const ratio = within.latency.p99 / without.latency.p99;
    const perSecond = Math.round((replaying * events) / (tookMs / 1000));
    return [
      {
        what: "the replays",
        seen: `${count(replayed.events)} events to ${replaying} clients, ${replayed.lost} lost, ${replayed.doubled} doubled, ${replayed.gaps} gaps, ${replayed.resets} resets`,
        goal: "all, no gap",
        met:
          isComplete(replayed, published) &&
          replayed.events === replaying * published &&
          replayed.gaps + replayed.resets === 0,
      },
      {
        what: "the live ones",
        seen: `${live.lost + settled.lost} lost, ${live.doubled + settled.doubled} doubled, ${live.gaps + settled.gaps} gaps`,
        goal: "all, no gap",
        met: isComplete(live, published) && isComplete(settled, published) && live.gaps + settled.gaps === 0,
      },
      judged(
        stage,
        "p99 of the live ones, against the run without replays",
        `${millis(within.latency.p99)} and ${millis(without.latency.p99)}: ${ratio.toFixed(2)} × (p50 ${millis(within.latency.p50)} and ${millis(without.latency.p50)}, longest ${millis(within.latency.max)} and ${millis(without.latency.max)})`,
        "1.5 ×",
        ratio <= 1.5,
      ),
      {
        what: "the same from half a second after they came",
        seen: `${millis(later.latency.p99)}: ${(later.latency.p99 / without.latency.p99).toFixed(2)} × (p50 ${millis(later.latency.p50)}, longest ${millis(later.latency.max)})`,
      },
      {
        what: "all replays",
        seen: `${(tookMs / 1000).toFixed(1)} s, ${count(perSecond)} events a second; the median client ${millis(replayed.toLive.p50)}; the host took ${stolen.toFixed(1)} s of the cores meanwhile`,
      },
    ];
  },
};

interface Set {
  readonly hub: HubProcess;
  readonly fleet: Fleet;
  readonly target: { readonly port: number; readonly path: string };
}

async function setUp(stage: Stage, events: number): Promise<Set> {
  const hub = await stage.hub({ log: { maxEvents: 200_000, maxBytes: 2 ** 28 } });
  const fleet = await stage.fleet();
  const target = { port: hub.port, path: "/events?topic=ticks" };
  await hub.call("burst", { ...load, events }, 60_000);
  const streams = stage.pick(500, 50);
  for (const group of ["live", "settled"]) {
    await fleet.open(group, { ...target, count: streams / 2 });
    await fleet.until(group, ({ live }) => live === streams / 2, 30_000);
  }
  await hub.call("publish", { ...load, rate: 100 });
  await pause(stage.pick(3_000, 300));
  return { hub, fleet, target };
}
