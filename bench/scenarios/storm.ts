import { setTimeout as pause } from "node:timers/promises";
import { count, millis } from "./figures.ts";
import { isComplete } from "./fleet/report.ts";
import type { Scenario } from "./scenario.ts";

/** Everyone cut at once, and everyone back at once. */
export const storm: Scenario = {
  name: "storm",
  asked:
    "5,000 clients at 10 events/s are cut at once by resets and are back within 2 s, while publishing goes on: everyone " +
    "complete without a gap or a reset; the time to the last one complete",
  run: async (stage) => {
    const hub = await stage.hub();
    const fleet = await stage.fleet();
    const streams = stage.pick(5_000, 200);
    await fleet.open("clients", { port: hub.port, path: "/events?topic=ticks", count: streams, opening: streams });
    await fleet.until("clients", ({ live }) => live === streams, 60_000);
    await hub.call("publish", { topics: ["ticks"], bytes: 250, rate: 10 });
    await pause(stage.pick(5_000, 500));
    await fleet.measure("clients");
    await pause(stage.pick(3_000, 300));
    const before = await fleet.report("clients");
    await fleet.measure("clients");
    await fleet.cut("clients");
    await fleet.reconnect("clients", stage.pick(2_000, 500));
    const back = await fleet.until("clients", ({ live }) => live === streams, 60_000);
    const during = back.latency;
    await fleet.measure("clients");
    await pause(stage.pick(5_000, 500));
    const after = await fleet.report("clients");
    const { published, latestMs } = await hub.call("stopPublishing", undefined);
    const end = await fleet.until("clients", (now) => isComplete(now, published), 20_000);
    const { closed } = await hub.call("stats", undefined);
    await Promise.all([hub.stop(), fleet.stop()]);
    return [
      {
        what: "everyone complete",
        seen: `${count(end.events)} events to ${count(end.streams)} clients, ${end.lost} lost, ${end.doubled} doubled, ${end.gaps} gaps, ${end.resets} resets, ${count(end.lives)} connections, ${end.refused} refused`,
        goal: "all, no gap, no reset",
        met:
          isComplete(end, published) &&
          end.gaps + end.resets + end.refused === 0 &&
          end.live === streams &&
          closed.client === streams,
      },
      {
        what: "from the cut to the last one complete",
        seen: `${millis(back.toLive.max)} (median ${millis(back.toLive.p50)}), of which 2 s are the clients' own spread`,
      },
      {
        what: "from publication to the client, what waited for the reconnection included",
        seen: `p99 ${millis(during.p99)}; before the storm ${millis(before.latency.p99)}, after it ${millis(after.latency.p99)}`,
      },
      { what: "the latest that an event was published", seen: `${latestMs.toFixed(0)} ms` },
    ];
  },
};
