import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Chance } from "../../chance.ts";
import { converge } from "../../chaos/converge.ts";
import { dump } from "../../chaos/dump.ts";
import { HubProcess } from "../../chaos/hub-process.ts";
import { ChaosPublisher } from "../../chaos/publisher.ts";
import { ChaosSubscriber } from "../../chaos/subscriber.ts";
import { versions } from "../../chaos/versions.ts";
import { checkLogs, type Verdict } from "../../checker/check.ts";
import { FileJournal, type Journal } from "../../logs/journal.ts";
import { until } from "../until.ts";

/** How a hub is killed. */
export interface KillOptions {
  readonly seed: number;
  /** How often, one after another, on one log. */
  readonly kills: number;
  readonly publishers: number;
  readonly subscribers: number;
  /** Where the log and everyone's records go. */
  readonly folder: string;
  /** The disk has what it had at the kill before: what a log must never do, to see that it would be noticed. */
  readonly sabotage?: boolean;
}

const HEARTBEAT = 1_000;
/** So many calls are answered before a kill. */
const PUBLICATIONS = 50;
/** None is evicted: everything has to be there. */
const MAX_EVENTS = 1_000_000;
const TOPICS = Array.from({ length: 8 }, (_, index) => `t/${index}`);
const SUBSCRIPTIONS = [["**"], ["t/*"], ["t/0"], ["t/1", "t/2"], ["t/3", "t/0"]];

/** Publishes from many clients over HTTP to `tidings serve`, kills it while it works, starts it again, and checks all. */
export async function killRuns({ seed, kills, folder, sabotage, ...counts }: KillOptions): Promise<Verdict> {
  const chance = new Chance(seed);
  const journal = new FileJournal(folder);
  const calls = { acknowledged: 0 };
  const write: Journal = (record) => {
    if (record.kind === "answer" && record.outcome === "ok") calls.acknowledged++;
    journal.write(record);
  };
  const how = { traced: false, durable: true, dedupeWindow: 300_000, maxEvents: MAX_EVENTS };
  write({ kind: "run", seed, versions: versions(), ...how });
  const disk = join(folder, "log");
  const options = ["--max-events", String(MAX_EVENTS), "--heartbeat", `${HEARTBEAT}ms`];
  const hub = new HubProcess(["--log", `lmdb:${disk}`, ...options]);
  await hub.start();
  const port = (): number => hub.port;
  const publisher = (name: string, own: Chance): ChaosPublisher =>
    new ChaosPublisher({ name, topics: TOPICS, port, chance: own, journal: write, pause: 3 });
  const publishers = Array.from({ length: counts.publishers }, (_, index) =>
    publisher(`p${index}`, new Chance(seed - index - 1)),
  );
  const subscribers = Array.from({ length: counts.subscribers }, (_, index) => {
    const own = new Chance(seed + index + 1);
    const about = { topics: own.pick(SUBSCRIPTIONS), from: own.pick([undefined, "earliest" as const]) };
    const set = { policy: "reliable" as const, port, heartbeat: HEARTBEAT, chance: own, journal: write };
    return new ChaosSubscriber({ name: `s${index}`, ...about, ...set });
  });
  try {
    for (const subscriber of subscribers) subscriber.connect();
    const published = publishers.map((each) => each.run());
    for (let kill = 0; kill < kills; kill++) {
      // It works, and then goes at any moment.
      const before = calls.acknowledged;
      await until(() => calls.acknowledged >= before + PUBLICATIONS, "calls are answered");
      await pause(chance.between(0, 600));
      write({ kind: "fault", at: performance.now(), what: "kills the hub and starts it again" });
      await hub.kill();
      if (sabotage === true) rewind(disk);
      await hub.start();
    }
    await pause(200);
    for (const each of publishers) each.stop();
    await Promise.all(published);
    await converge(subscribers, publisher("end", chance), TOPICS);
    write({ kind: "end", at: performance.now() });
    await dump(hub.port, write);
  } finally {
    for (const each of publishers) each.stop();
    for (const subscriber of subscribers) subscriber.close();
    await hub.kill();
    await journal.close();
  }
  return checkLogs(folder);
}

/** Puts back what there was the last time, and keeps what there is now for the next. */
function rewind(disk: string): void {
  const before = `${disk}.before`;
  const now = `${disk}.now`;
  cpSync(disk, now, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  if (existsSync(before)) {
    rmSync(disk, { recursive: true });
    cpSync(before, disk, { recursive: true });
    rmSync(before, { recursive: true });
  }
  cpSync(now, before, { recursive: true });
  rmSync(now, { recursive: true });
}
