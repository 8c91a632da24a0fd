import { readFileSync } from "node:fs";

import { checkLogs, type Verdict } from "../checker/check.ts";
import { Chance } from "../chance.ts";
import { FileJournal } from "../logs/journal.ts";
import { FaultProxy } from "../proxy/fault-proxy.ts";
import { dump } from "./dump.ts";
import { HubProcess } from "./hub-process.ts";
import { torment } from "./nemesis.ts";
import { ChaosPublisher } from "./publisher.ts";
import { ChaosSubscriber } from "./subscriber.ts";

/** How long and how hard. */
export interface ChaosOptions {
  readonly seed: number;
  /** How long things break, in milliseconds. */
  readonly duration: number;
  readonly subscribers: number;
  readonly publishers: number;
  /** Where the logs go. */
  readonly folder: string;
  /** The longest pause between two calls of a publisher, in milliseconds. */
  readonly pause: number;
}

/** So small that who is away for some seconds misses something. */
const MAX_EVENTS = 400;
const HEARTBEAT = 1_000;
/** How long everyone has to come to the head once all is well, in milliseconds. */
const CONVERGENCE = 45_000;
const TOPICS = Array.from({ length: 8 }, (_, index) => `t/${index}`);
const SUBSCRIPTIONS = [["**"], ["t/*"], ["t/0"], ["t/1", "t/2"], ["t/3", "t/0", "quiet"], ["quiet"], ["t/7"]];

/** Runs a real hub with clients and publishers through faults, and checks what they wrote down. */
export async function chaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, duration, folder, pause } = options;
  const journal = new FileJournal(folder);
  const { write } = journal;
  const chance = new Chance(seed);
  write({ kind: "run", seed, versions: versions(), traced: false, dedupeWindow: 300_000, maxEvents: MAX_EVENTS });
  const limits = [
    "--log",
    "memory",
    "--max-events",
    String(MAX_EVENTS),
    "--heartbeat",
    `${HEARTBEAT}ms`,
    "--max-lifetime",
    "15s",
  ];
  const hub = new HubProcess(limits);
  await hub.start();
  const onFault = (what: string, connection: number): void => {
    write({ kind: "fault", at: performance.now(), what: `cut: ${what}`, connection });
  };
  const proxy = new FaultProxy({ target: () => hub.port, seed, onFault });
  const proxied = await proxy.listen();
  const port = (): number => proxied;
  const subscribers = Array.from({ length: options.subscribers }, (_, index) => {
    const own = new Chance(seed + index + 1);
    return new ChaosSubscriber({
      name: `s${index}`,
      topics: own.pick(SUBSCRIPTIONS),
      policy: own.pick(["reliable", "reliable", "reliable", "latest", "disconnect"]),
      from: own.pick([undefined, "earliest", "last:2"]),
      port,
      heartbeat: HEARTBEAT,
      chance: own,
      journal: write,
    });
  });
  const publishers = Array.from({ length: options.publishers }, (_, index) => {
    const own = new Chance(seed - index - 1);
    return new ChaosPublisher({ name: `p${index}`, topics: TOPICS, port, chance: own, journal: write, pause });
  });
  try {
    for (const subscriber of subscribers) subscriber.connect();
    const published = publishers.map((publisher) => publisher.run());
    await torment({ hub, proxy, subscribers }, chance, write, duration);
    for (const publisher of publishers) publisher.stop();
    await Promise.all(published);
    await converge(
      subscribers,
      new ChaosPublisher({ name: "end", topics: TOPICS, port, chance, journal: write, pause }),
    );
    write({ kind: "end", at: performance.now() });
    await dump(hub.port, write);
  } finally {
    for (const publisher of publishers) publisher.stop();
    for (const subscriber of subscribers) subscriber.close();
    await proxy.close();
    await hub.kill();
    await journal.close();
  }
  return checkLogs(folder);
}

/** Publishes an event to each topic, and gives everyone the time to get there. The checker says who did not. */
async function converge(subscribers: readonly ChaosSubscriber[], publisher: ChaosPublisher): Promise<void> {
  const head = await publisher.publish([...TOPICS, "quiet"].map((topic) => [topic]));
  const end = performance.now() + CONVERGENCE;
  const isThere = ({ live, lastEventId }: ChaosSubscriber): boolean => live && lastEventId === head;
  while (performance.now() < end && !subscribers.every(isThere))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

function versions(): Record<string, string> {
  const read = (path: string): string => {
    return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
  };
  return {
    node: process.version,
    tidings: read("../../../tidings/package.json"),
    server: read("../../../server/package.json"),
  };
}
