import { setTimeout as pause } from "node:timers/promises";
import { count, mean, mebibytes, millis } from "./figures.ts";
import { type GroupReport, isComplete } from "./fleet/report.ts";
import { type Finding, judged, type Scenario, type Stage } from "./scenario.ts";
import { chart, type Panel } from "./watch/chart.ts";
import { type Sample, slopeOf, startSeries } from "./watch/series.ts";

const MiB = 2 ** 20;
/** What the kernel may hold for each of the sick. */
const perSick = 512 * 1024;
/** What the server may take more with them than without, and what it may differ by where it is to be the same. */
const memoryRoom = 32 * MiB;
const memoryNoise = 8 * MiB;

interface Run {
  readonly samples: readonly Sample[];
  /** When publishing began, when the sick went (or would have), and when the last look was, in seconds. */
  readonly began: number;
  readonly went: number;
  readonly after: Sample;
  readonly healthy: GroupReport;
  readonly sick: GroupReport | undefined;
  readonly published: number;
  readonly latestMs: number;
}

/** Clients that never read, among others that do. */
export const slowReaders: Scenario = {
  name: "slow-readers",
  asked:
    "200 clients that never read and 800 that do, 2,000 events/s of 250 B for 60 s, nobody closed for a stall: the kernel " +
    "holds at most 200 × 512 KiB, the server at most 32 MiB more than without the sick, both without a slope; back within " +
    "five seconds after they go; the p99 of the healthy within 1.5 times",
  run: async (stage) => {
    stage.say("without the sick");
    const without = await runOnce(stage, 0);
    stage.say("with the sick");
    const sick = stage.pick(200, 20);
    const within = await runOnce(stage, sick);
    const drawn = await stage.keep("slow-readers.svg", chart(panels(without, within)));
    await stage.keep("slow-readers.json", JSON.stringify({ without, within }));
    stage.say(`chart: ${drawn}`);
    return findings(stage, without, within, sick);
  },
};

async function runOnce(stage: Stage, sick: number): Promise<Run> {
  // What the log lets go is garbage that V8 takes its time with: a hundred megabytes and more, up and down over a minute,
  // which nothing smaller would be seen beside. With a short log and a small heap it has found its level after twenty seconds.
  const hub = await stage.hub({ hub: { stall: "10m" }, log: { maxEvents: 10_000 } }, ["--max-old-space-size=160"]);
  const fleet = await stage.fleet();
  const target = { port: hub.port, path: "/events?topic=ticks" };
  const streams = stage.pick(800, 40);
  await fleet.open("healthy", { ...target, count: streams });
  await fleet.until("healthy", ({ live }) => live === streams, 30_000);
  await hub.call("publish", { topics: ["ticks"], bytes: 250, rate: stage.pick(2_000, 500) });
  await pause(stage.pick(25_000, 300));
  const series = startSeries(hub.pid, hub.port);
  if (sick > 0) {
    await fleet.open("sick", { ...target, count: sick, paused: true });
    await fleet.until("sick", ({ live }) => live === sick, 30_000);
  }
  await fleet.measure("healthy");
  const began = series.look().seconds;
  await pause(stage.pick(60_000, 1_500));
  const { latency } = await fleet.report("healthy");
  const sickOnes = sick > 0 ? await fleet.report("sick") : undefined;
  const went = series.look().seconds;
  if (sick > 0) await fleet.cut("sick", "close");
  await pause(stage.pick(5_000, 500));
  const after = series.look();
  series.stop();
  const { published, latestMs } = await hub.call("stopPublishing", undefined);
  const healthy = await fleet.until("healthy", (report) => isComplete(report, published), 10_000);
  await Promise.all([hub.stop(), fleet.stop()]);
  const { samples } = series;
  return { samples, began, went, after, healthy: { ...healthy, latency }, sick: sickOnes, published, latestMs };
}

function findings(stage: Stage, without: Run, within: Run, sick: number): Finding[] {
  const [most, mostWithout] = [within, without].map((run) => Math.max(...during(run).map(({ resident }) => resident)));
  const [level, levelWithout] = [within, without].map((run) => mean(last30(run).map(({ resident }) => resident)));
  const more = Math.max((most ?? 0) - (mostWithout ?? 0), (level ?? 0) - (levelWithout ?? 0));
  const kernel = Math.max(...during(within).map(({ unacknowledged }) => unacknowledged));
  const kernelWithout = Math.max(...during(without).map(({ unacknowledged }) => unacknowledged));
  const goneBy = within.samples.find(
    ({ seconds, unacknowledged }) => seconds > within.went && unacknowledged <= kernelWithout + MiB,
  );
  const ratio = within.healthy.latency.p99 / without.healthy.latency.p99;
  const everyone = isComplete(within.healthy, within.published) && isComplete(without.healthy, without.published);
  return [
    {
      what: "the healthy got everything, in order, without a gap",
      seen: `${count(within.healthy.events)} events, ${within.healthy.lost} lost, ${within.healthy.doubled} doubled, ${within.healthy.gaps} gaps`,
      goal: "all",
      met: everyone && within.healthy.gaps + without.healthy.gaps === 0,
    },
    {
      what: "nobody was closed",
      seen: `${within.sick?.open} of ${sick} sick and ${within.healthy.open} healthy streams are open`,
      goal: "none",
      met: within.sick?.open === sick && within.healthy.open === within.healthy.streams,
    },
    {
      what: "most that the kernel held at the server's port (tx_queue)",
      seen: `${mebibytes(kernel)}, without the sick ${mebibytes(kernelWithout)}`,
      goal: mebibytes(sick * perSick),
      met: kernel <= sick * perSick,
    },
    judged(
      stage,
      "slope of tx_queue over the last 30 s",
      slopeText(last30(within).map(({ seconds, unacknowledged }) => [seconds, unacknowledged])),
      "none: below 1 % of the bound in 30 s, or within its error",
      isFlat(last30(within), "unacknowledged", sick * perSick * 0.01),
    ),
    judged(
      stage,
      "resident memory of the server more than without the sick",
      `${mebibytes(more)} (most ${mebibytes(most ?? 0)} and ${mebibytes(mostWithout ?? 0)}, mean of the last 30 s ${mebibytes(level ?? 0)} and ${mebibytes(levelWithout ?? 0)})`,
      mebibytes(memoryRoom),
      more <= memoryRoom,
    ),
    judged(
      stage,
      "slope of resident memory over the last 30 s",
      `${slopeText(last30(within).map(({ seconds, resident }) => [seconds, resident]))}; without the sick ${slopeText(last30(without).map(({ seconds, resident }) => [seconds, resident]))}`,
      `none: below ${mebibytes(memoryNoise)} in 30 s, or within its error`,
      isFlat(last30(within), "resident", memoryNoise),
    ),
    {
      what: "after the sick are gone: tx_queue",
      seen: goneBy === undefined ? "not back" : `back after ${(goneBy.seconds - within.went).toFixed(1)} s or less`,
      goal: "5 s",
      met: goneBy !== undefined && goneBy.seconds - within.went <= 5.5,
    },
    judged(
      stage,
      "after the sick are gone: resident memory, five seconds later",
      `${mebibytes(within.after.resident)}, without the sick ${mebibytes(without.after.resident)}`,
      `the same, but for ${mebibytes(memoryNoise)}`,
      within.after.resident - without.after.resident <= memoryNoise,
    ),
    judged(
      stage,
      "p99 of the healthy, against the run without the sick",
      `${millis(within.healthy.latency.p99)} and ${millis(without.healthy.latency.p99)}: ${ratio.toFixed(2)} × (p50 ${millis(within.healthy.latency.p50)} and ${millis(without.healthy.latency.p50)})`,
      "1.5 ×",
      ratio <= 1.5,
    ),
    {
      what: "the latest that an event was published",
      seen: `${within.latestMs.toFixed(0)} ms, without the sick ${without.latestMs.toFixed(0)} ms`,
    },
  ];
}

function during({ samples, began, went }: Run): readonly Sample[] {
  return samples.filter(({ seconds }) => seconds >= began && seconds <= went);
}

function last30({ samples, went }: Run): readonly Sample[] {
  return samples.filter(({ seconds }) => seconds >= went - 30 && seconds <= went);
}

function slopeText(points: readonly (readonly [number, number])[]): string {
  const { rise, error } = slopeOf(points);
  return `${(rise / 1024).toFixed(1)} ± ${(error / 1024).toFixed(1)} KiB/s`;
}

/** Whether there is no rise: less than some room in 30 s, or not more than the fit's own error, twice. */
function isFlat(samples: readonly Sample[], of: "resident" | "unacknowledged", room: number): boolean {
  const { rise, error } = slopeOf(samples.map((sample) => [sample.seconds, sample[of]]));
  return rise * 30 <= room || rise <= 2 * error;
}

function panels(without: Run, within: Run): Panel[] {
  const lines = (of: "resident" | "unacknowledged"): Panel["lines"] =>
    [
      { name: "with the sick", colour: "#c2410c", run: within },
      { name: "without", colour: "#1d4ed8", run: without },
    ].map(({ name, colour, run }) => ({
      name,
      colour,
      points: run.samples.map((sample) => [sample.seconds, sample[of] / MiB] as const),
    }));
  return [
    { title: "Resident memory of the server", unit: "MiB", lines: lines("resident") },
    { title: "What the kernel holds at the server's port", unit: "MiB", lines: lines("unacknowledged") },
  ];
}
