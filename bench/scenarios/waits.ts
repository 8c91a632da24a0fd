import { setTimeout as pause } from "node:timers/promises";
import { millis } from "./figures.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { ProbeReport } from "./hub/calls.ts";
import type { HubProcess } from "./hub/hub-process.ts";

/** What else a hub has to do, and the longest that each had to wait for it, in microseconds. */
export interface Waits {
  /** Longest silence of a stream that gets heartbeats alone. */
  readonly silence: number;
  /** From the moment at which a publisher in the hub's process wanted to publish to the answer. */
  readonly publish: number;
  /** From sending a request to publish to its answer. */
  readonly httpPublish: number;
  /** From connecting to the first frame, and to `tidings:live`. */
  readonly connection: number;
  readonly live: number;
  /** From publication to a subscriber who shares no topic with those who are written to. */
  readonly event: number;
  readonly probe: ProbeReport;
}

const everyMs = 5;

/**
 * Takes the longest waits while something goes on: streams that are quiet (the group `quiet`), a publisher in the hub's
 * process and one over HTTP, a subscriber of the first one's events alone (the group `bystander`), and a client that comes
 * and goes (the group `newcomer`), each every few milliseconds.
 */
export async function waitsWhile(hub: HubProcess, fleet: Fleet, goesOn: () => Promise<void>): Promise<Waits> {
  let goes = true;
  for (const group of ["quiet", "bystander"]) await fleet.measure(group);
  await hub.call("startProbe", { topic: "probe", everyMs });
  const others = Promise.all([comeAndGo(fleet, () => goes), publishOverHttp(hub.port, () => goes)]);
  await goesOn();
  goes = false;
  const [{ connection, live }, httpPublish] = await others;
  const probe = await hub.call("stopProbe", undefined);
  const { longestSilence: silence } = await fleet.report("quiet");
  const { latency } = await fleet.report("bystander");
  return { silence, publish: probe.longestWaitMs * 1000, httpPublish, connection, live, event: latency.max, probe };
}

async function comeAndGo(fleet: Fleet, goes: () => boolean): Promise<Pick<Waits, "connection" | "live">> {
  let [connection, live] = [0, 0];
  while (goes()) {
    await fleet.cut("newcomer");
    await fleet.measure("newcomer");
    await fleet.reconnect("newcomer");
    const { toFirst, toLive } = await fleet.until("newcomer", (now) => now.toLive.count === 1, 30_000);
    connection = Math.max(connection, toFirst.max);
    live = Math.max(live, toLive.max);
    await pause(everyMs);
  }
  return { connection, live };
}

async function publishOverHttp(port: number, running: () => boolean): Promise<number> {
  let longest = 0;
  while (running()) {
    const startedAt = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/publish`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"topic":"probe","data":"over HTTP"}',
    });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`A publish was answered ${response.status}.`);
    longest = Math.max(longest, (performance.now() - startedAt) * 1000);
    await pause(everyMs);
  }
  return longest;
}

/** The waits in a line of text. */
export function waitsText({ silence, publish, httpPublish, connection, live, event }: Waits): string {
  return `publish ${millis(publish)}, over HTTP ${millis(httpPublish)}, a new connection ${millis(connection)}, longest silence of a quiet stream ${millis(silence)}; a new connection until it is live ${millis(live)}, an event for someone else ${millis(event)}`;
}
