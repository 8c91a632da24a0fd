import { count, millis } from "./figures.ts";
import { type Finding, judged, type Scenario, type Stage } from "./scenario.ts";

/** Events of the topic that is resumed, spread evenly over the log. */
const wanted = 30;
/** Progress is told by heartbeats: as often as a hub can be made to. */
const heartbeat = "100ms";
const places = ["beginning", "middle", "end"] as const;

interface Resumes {
  readonly events: number;
  /** From connecting to `tidings:live`, in microseconds: the median, by the cursor's place in the log. */
  readonly exact: Record<(typeof places)[number], number>;
  readonly complete: boolean;
  readonly pattern: number;
  /** What a client that resumed by a pattern was sent: the offsets of its cursor frames on the way. */
  readonly progress: readonly number[];
}

/** What a resume costs, by the length of the log. */
export const resume: Scenario = {
  name: "resume",
  asked:
    "30 events of one topic among 10,000 and among 1 million in memory: the time from connecting to live for a cursor at " +
    "the beginning, in the middle and at the end; flat. By a pattern the log is scanned, and cursor frames tell how far, where no event does",
  run: async (stage) => {
    const lengths = stage.pick([10_000, 1_000_000], [3_000, 30_000]);
    const found: Resumes[] = [];
    for (const events of lengths) {
      stage.say(`${count(events)} events`);
      found.push(await measure(stage, events));
    }
    return findings(stage, found);
  },
};

async function measure(stage: Stage, events: number): Promise<Resumes> {
  const hub = await stage.hub({ hub: { heartbeat }, log: { maxEvents: 2_000_000, maxBytes: 4 * 2 ** 30 } });
  const fleet = await stage.fleet();
  const step = events / wanted;
  const topics = ["rare/it", ...Array.from({ length: Math.ceil(step) - 1 }, (_, index) => `other/${index}`)];
  await hub.call("burst", { topics, bytes: 100, events }, 80_000);
  await hub.call("collectGarbage", undefined, 60_000);
  const exact = { port: hub.port, path: "/events?topic=rare/it", step: topics.length };
  await fleet.open("all", { ...exact, count: 1, path: `${exact.path}&from=earliest`, traced: true });
  const { events: there } = await fleet.until("all", ({ live }) => live === 1, 30_000);
  const ids = idsOf((await fleet.traces("all"))[0] ?? []);
  const times: Record<string, number> = {};
  let complete = there === ids.length && ids.length >= wanted;
  // The first ones compile the code; they are not counted.
  for (const place of ["warm-up", ...places]) {
    const last = ids[{ beginning: 0, middle: ids.length >> 1, end: ids.length - 1 }[place] ?? 0] ?? "";
    const resumes = stage.pick(100, 20);
    await fleet.open(place, { ...exact, count: resumes, last, opening: 1 });
    const report = await fleet.until(place, ({ live }) => live === resumes, 60_000);
    times[place] = report.toLive.p50;
    complete &&= report.live === resumes && report.lost === 0 && report.doubled === 0 && report.gaps === 0;
    complete &&= report.events === resumes * (ids.length - 1 - ids.indexOf(last));
    await fleet.cut(place);
  }
  // A pattern that nothing matches: then only cursor frames can tell how far it is.
  const pattern = { port: hub.port, path: "/events?topic=nothing/*", count: 1, last: ids[0] ?? "", traced: true };
  await fleet.open("pattern", pattern);
  const { toLive } = await fleet.until("pattern", ({ live }) => live === 1, 60_000);
  const [frames = []] = await fleet.traces("pattern");
  const cursors = frames.filter(([event, , id]) => event === "tidings:cursor" && id !== "");
  const progress = cursors.map(([, , id = ""]) => offsetOf(id));
  await Promise.all([hub.stop(), fleet.stop()]);
  const { beginning = 0, middle = 0, end = 0 } = times;
  return { events, exact: { beginning, middle, end }, complete, pattern: toLive.max, progress };
}

function findings(stage: Stage, found: readonly Resumes[]): Finding[] {
  const [short, long] = found;
  if (short === undefined || long === undefined) throw new Error("Two lengths are needed.");
  const flat = places.map((place): Finding => {
    const [a, b] = [short.exact[place], long.exact[place]];
    const what = `an exact topic, cursor at the ${place}`;
    const seen = `${count(short.events)} events: ${millis(a)}; ${count(long.events)}: ${millis(b)}`;
    return judged(stage, what, seen, "flat: 1.5 ×, or 1 ms more", b <= Math.max(1.5 * a, a + 1_000));
  });
  const told = found.map(({ events, pattern, progress }) => {
    const grows = progress.every((offset, index) => index === 0 || offset > (progress[index - 1] ?? 0));
    return {
      what: `a pattern that nothing matches, ${count(events)} events`,
      seen: `${millis(pattern)}; ${progress.length - 1} cursor frames on the way, offsets ${progress.slice(0, 4).join(", ")} … ${progress.at(-1)}`,
      // What is scanned within a heartbeat has nothing to tell.
      ...(events >= 1_000_000 ? { goal: "progress told, always forward", met: progress.length > 1 && grows } : {}),
    };
  });
  const complete = found.every((resumes) => resumes.complete);
  return [
    { what: "every resume", seen: complete ? "complete" : "not complete", goal: "complete", met: complete },
    ...flat,
    ...told,
  ];
}

/** The ids of the events among frames. */
function idsOf(frames: readonly (readonly string[])[]): string[] {
  return frames.flatMap(([, , id = "", data = ""]) => (data.startsWith("#") ? [id] : []));
}

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}
