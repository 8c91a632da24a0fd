import { setTimeout as pause } from "node:timers/promises";
import { count } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { isComplete } from "./fleet/report.ts";
import type { End } from "./hub/calls.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import { type Finding, runParts, type Scenario, type Stage } from "./scenario.ts";

const topics = Array.from({ length: 10 }, (_, index) => `stock/${index}`);
/** A quarter of a megabyte a second: slow enough for every reader, and one who does not read is full within three seconds. */
const load = { topics, bytes: 40, rate: 2_000 };
const query = topics.map((topic) => `topic=${topic}`).join("&");

/** What becomes of those who do not read, by policy. */
export const policies: Scenario = {
  name: "policies",
  asked:
    "`latest`: on drain exactly the newest event of each topic, and a gap for `skipped` that says so; `disconnect` and the " +
    "budget for buffered bytes: who is closed, in which order, with which reason",
  run: (stage) => runParts(stage, [() => latest(stage), () => disconnect(stage), () => budget(stage)]),
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
  await hub.call("publish", load);
  await pause(6_000);
  const { published } = await hub.call("stopPublishing", undefined);
  await pause(500);
  for (const group of ["reliable", "latest"]) await fleet.resume(group);
  const reliable = await fleet.until("reliable", (now) => isComplete(now, published), 20_000);
  await fleet.until("latest", (now) => now.leastNext >= published, 10_000);
  // Live again: from here on everything comes.
  await hub.call("publish", { ...load, rate: 100 });
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
  // The readers are of one topic: how much a client may be handed before it is looked at does not decide here.
  const one = `/events?topic=${topics[0]}&policy=disconnect&name=reader`;
  await fleet.open("readers", { ...target, path: one, count: 10, step: topics.length });
  await fleet.open("sick", { ...target, path: `${target.path}&name=sick`, count: 10, paused: true });
  for (const group of ["readers", "sick"]) await fleet.until(group, ({ live }) => live === 10, 10_000);
  await hub.call("publish", load);
  await pause(6_000);
  const { published } = await hub.call("stopPublishing", undefined);
  const readers = await fleet.until("readers", (now) => isComplete(now, published), 10_000);
  const ends = await hub.call("ends", undefined);
  await Promise.all([hub.stop(), fleet.stop()]);
  return [
    {
      what: "`disconnect`",
      seen: `closed: ${endsText(ends)}; of the 10 readers ${readers.open} open, ${readers.lost} lost`,
      goal: "the 10 sick, as slow; nobody else",
      met:
        ends.length === 10 &&
        ends.every(({ name, reason }) => name === "sick" && reason === "slow") &&
        isComplete(readers, published),
    },
  ];
}

async function budget(stage: Stage): Promise<Finding[]> {
  stage.say("budget");
  const bufferBudget = 300_000;
  const { hub, fleet } = await setUp(stage, { bufferBudget });
  const target = { port: hub.port, path: `/events?${query}` };
  await fleet.open("readers", { ...target, path: `${target.path}&name=reader`, count: 10 });
  const names = Array.from({ length: 3 }, (_, index) => String(index));
  for (const name of names) {
    // A small buffer of the client's own, so that all are full after the same number of bytes.
    await fleet.open(name, { ...target, path: `${target.path}&name=${name}`, count: 1, receive: 65_536 });
  }
  for (const name of ["readers", ...names]) await fleet.until(name, ({ live, streams }) => live === streams, 10_000);
  await hub.call("publish", load);
  // Each stops reading when the one before is full, or nearly: how much the system takes in of each is its own affair. So
  // the first is the furthest behind for sure; the order of the others is tested with sinks of our own, in the hub's room.
  for (const name of names) {
    await fleet.pause(name);
    await pause(3_500);
  }
  const { published } = await hub.call("stopPublishing", undefined);
  const readers = await fleet.until("readers", (now) => isComplete(now, published), 10_000);
  const { bufferedBytes } = await hub.call("stats", undefined);
  const ends = await hub.call("ends", undefined);
  await Promise.all([hub.stop(), fleet.stop()]);
  return [
    {
      what: `a budget of ${count(bufferBudget)} bytes, 3 who stop reading one after the other`,
      seen: `closed: ${endsText(ends)}; ${count(bufferedBytes)} bytes are left; of the 10 readers ${readers.open} open, ${readers.lost} lost`,
      goal: "until it is enough, as over-budget, first the one furthest behind (0); nobody else",
      met:
        ends.length > 0 &&
        ends[0]?.name === names[0] &&
        ends.every(({ name, reason }) => names.includes(name) && reason === "over-budget") &&
        isComplete(readers, published) &&
        bufferedBytes <= bufferBudget,
    },
  ];
}

/** Who ended, in order, by reason. */
function endsText(ends: readonly End[]): string {
  const byReason = Map.groupBy(ends, ({ reason }) => reason);
  const text = [...byReason].map(([reason, those]) => `${those.map(({ name }) => name).join(", ")} as ${reason}`);
  return text.join("; ") || "nobody";
}

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}
