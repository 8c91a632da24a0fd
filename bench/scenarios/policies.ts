import { setTimeout as pause } from "node:timers/promises";
import { count } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { isComplete } from "./fleet/report.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import type { Finding, Scenario, Stage } from "./scenario.ts";

const topics = Array.from({ length: 10 }, (_, index) => `stock/${index}`);
const query = topics.map((topic) => `topic=${topic}`).join("&");

/** What becomes of those who do not read, by policy. */
export const policies: Scenario = {
  name: "policies",
  asked:
    "`latest`: on drain exactly the newest event of each topic, and a gap for `skipped` that says so; `disconnect` and the " +
    "budget for buffered bytes: who is closed, in which order, with which reason",
  run: async (stage) => [...(await latest(stage)), ...(await disconnect(stage)), ...(await budget(stage))],
};

async function setUp(stage: Stage, hubOptions: object = {}): Promise<{ hub: HubProcess; fleet: Fleet }> {
  return { hub: await stage.hub({ hub: hubOptions }), fleet: await stage.fleet() };
}

async function latest(stage: Stage): Promise<Finding[]> {
  stage.say("latest");
  const { hub, fleet } = await setUp(stage);
  const target = { port: hub.port, path: `/events?${query}` };
  const streams = 10;
  await fleet.open("reliable", { ...target, count: streams, paused: true });
  await fleet.open("latest", {
    ...target,
    path: `${target.path}&policy=latest`,
    count: streams,
    paused: true,
    traced: true,
  });
  for (const group of ["reliable", "latest"]) await fleet.until(group, ({ live }) => live === streams, 10_000);
  await hub.call("publish", { topics, bytes: 1_000, rate: stage.pick(2_000, 5_000) });
  await pause(stage.pick(10_000, 2_000));
  const { published } = await hub.call("stopPublishing", undefined);
  await pause(500);
  for (const group of ["reliable", "latest"]) await fleet.resume(group);
  const reliable = await fleet.until("reliable", (now) => isComplete(now, published), 20_000);
  await fleet.until("latest", (now) => now.leastNext >= published, 10_000);
  // Live again: from here on everything comes.
  await hub.call("publish", { topics, bytes: 1_000, rate: 100 });
  await pause(500);
  const { published: inAll } = await hub.call("stopPublishing", undefined);
  const end = await fleet.until("latest", (now) => now.leastNext >= inAll, 10_000);
  const traces = await fleet.traces("latest");
  await Promise.all([hub.stop(), fleet.stop()]);
  const right = traces.filter((frames) => isNewestOnly(frames, published, inAll)).length;
  const [first = []] = traces;
  return [
    {
      what: "`reliable`, stalled and read on",
      seen: `${count(reliable.events)} events to ${streams} clients, ${reliable.lost} lost, ${reliable.gaps} gaps`,
      goal: "all, no gap",
      met: isComplete(reliable, published) && reliable.gaps === 0,
    },
    {
      what: "`latest`, stalled and read on",
      seen: `${right} of ${streams} got what was on its way, a gap for \`skipped\` over all between, the newest event of each of ${topics.length} topics, and then all that came: one of them ${describe(first)}`,
      goal: "all",
      met: right === streams && end.resets === 0,
    },
  ];
}

/**
 * Whether a stalled reader under `latest` was sent a row of events without a hole, then the newest of each topic and
 * none of the others, with every other event in a gap for `skipped`, then again a row without a hole.
 */
function isNewestOnly(frames: readonly (readonly string[])[], published: number, inAll: number): boolean {
  const confessed = new Set<number>();
  const came: number[] = [];
  for (const [event = "", , , data = ""] of frames) {
    if (data.startsWith("#")) came.push(Number(data.slice(1, 11)));
    if (event !== "tidings:gap") continue;
    const { reason, after, through } = JSON.parse(data) as Record<"reason" | "after" | "through", string>;
    if (reason !== "skipped") return false;
    // Event n has the offset n + 1.
    for (let offset = offsetOf(after) + 1; offset <= offsetOf(through); offset++) confessed.add(offset - 1);
  }
  const start = came.findIndex((sequence, index) => sequence !== index);
  const newest = Array.from({ length: topics.length }, (_, index) => published - topics.length + index);
  const rest = Array.from({ length: inAll - published }, (_, index) => published + index);
  if (start === -1 || came.slice(start).join() !== [...newest, ...rest].join()) return false;
  const arrived = new Set(came);
  return Array.from({ length: inAll }, (_, sequence) => sequence).every(
    (sequence) => arrived.has(sequence) || confessed.has(sequence),
  );
}

function describe(frames: readonly (readonly string[])[]): string {
  const gaps = frames.filter(([event]) => event === "tidings:gap");
  const events = frames.filter(([, , , data]) => data?.startsWith("#"));
  return `${events.length} events, ${gaps.length} gaps (${gaps[0]?.[3] ?? ""})`;
}

async function disconnect(stage: Stage): Promise<Finding[]> {
  stage.say("disconnect");
  const { hub, fleet } = await setUp(stage);
  const target = { port: hub.port, path: `/events?${query}&policy=disconnect` };
  await fleet.open("readers", { ...target, count: 10 });
  await fleet.open("sick", { ...target, count: 10, paused: true });
  for (const group of ["readers", "sick"]) await fleet.until(group, ({ live }) => live === 10, 10_000);
  await hub.call("publish", { topics, bytes: 1_000, rate: stage.pick(2_000, 5_000) });
  await pause(stage.pick(8_000, 1_500));
  const { published } = await hub.call("stopPublishing", undefined);
  const readers = await fleet.until("readers", (now) => isComplete(now, published), 10_000);
  const { closed } = await hub.call("stats", undefined);
  const sick = await fleet.streams("sick");
  await Promise.all([hub.stop(), fleet.stop()]);
  const reset = sick.filter(({ closedAt }) => closedAt > 0).length;
  return [
    {
      what: "`disconnect`",
      seen: `${closed.slow} closed as slow, ${reset} of the 10 sick by a reset; of the 10 readers ${readers.open} open, ${readers.lost} lost`,
      goal: "the sick, at once; nobody else",
      met: closed.slow === 10 && reset === 10 && readers.open === 10 && isComplete(readers, published),
    },
  ];
}

async function budget(stage: Stage): Promise<Finding[]> {
  stage.say("budget");
  const stalledOnes = 12;
  const bufferBudget = 400_000;
  const { hub, fleet } = await setUp(stage, { bufferBudget });
  const target = { port: hub.port, path: `/events?${query}` };
  await fleet.open("readers", { ...target, count: 10 });
  const names = Array.from({ length: stalledOnes }, (_, index) => `stalled-${index}`);
  for (const name of names) await fleet.open(name, { ...target, count: 1 });
  for (const name of ["readers", ...names]) await fleet.until(name, ({ live, streams }) => live === streams, 10_000);
  await hub.call("publish", { topics, bytes: 1_000, rate: stage.pick(2_000, 5_000) });
  // One after the other stops reading, so that each is further behind than the next.
  for (const name of names) {
    await fleet.pause(name);
    await pause(stage.pick(500, 100));
  }
  await pause(stage.pick(8_000, 1_000));
  const { published } = await hub.call("stopPublishing", undefined);
  const readers = await fleet.until("readers", (now) => isComplete(now, published), 10_000);
  const { closed } = await hub.call("stats", undefined);
  const streams = await Promise.all(names.map(async (name) => (await fleet.streams(name))[0]));
  await Promise.all([hub.stop(), fleet.stop()]);
  const closedAt = streams.map((stream) => stream?.closedAt ?? 0);
  const evicted = closedAt.flatMap((at, index) => (at > 0 ? [{ at, index }] : []));
  const order = evicted.toSorted((a, b) => a.at - b.at).map(({ index }) => index);
  const inOrder = order.every((index, place) => index === place);
  return [
    {
      what: `a budget of ${count(bufferBudget)} bytes`,
      seen: `${closed["over-budget"]} of ${stalledOnes} stalled readers closed as over-budget, in the order ${order.join(", ") || "-"} (0 is the furthest behind); of the 10 others ${readers.open} open, ${readers.lost} lost`,
      goal: "some, the furthest behind first; nobody else",
      met:
        closed["over-budget"] > 0 &&
        closed["over-budget"] < stalledOnes &&
        evicted.length === closed["over-budget"] &&
        inOrder &&
        readers.open === 10 &&
        isComplete(readers, published),
    },
  ];
}

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}
