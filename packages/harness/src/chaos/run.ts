import { checkLogs, type Verdict } from "../checker/check.ts";
import { Chance } from "../chance.ts";
import { FileJournal } from "../logs/journal.ts";
import { FaultProxy } from "../proxy/fault-proxy.ts";
import { converge } from "./converge.ts";
import { dump } from "./dump.ts";
import { HubProcess } from "./hub-process.ts";
import { torment } from "./nemesis.ts";
import { ChaosPublisher } from "./publisher.ts";
import { ChaosSubscriber } from "./subscriber.ts";
import { versions } from "./versions.ts";

/** How long and how hard. */
export interface ChaosOptions {
  readonly seed: number;
  /** How long things break, in milliseconds. */
  readonly duration: number;
  /** As `tidings serve` takes it: `memory`, or `lmdb:` and a folder, whose events outlive the kills. */
  readonly log: string;
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
const TOPICS = Array.from({ length: 8 }, (_, index) => `t/${index}`);
const SUBSCRIPTIONS = [["**"], ["t/*"], ["t/0"], ["t/1", "t/2"], ["t/3", "t/0", "quiet"], ["quiet"], ["t/7"]];

/** Runs a real hub with clients and publishers through faults, and checks what they wrote down. */
export async function chaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, duration, folder, pause, log } = options;
  const journal = new FileJournal(folder);
  const { write } = journal;
  const chance = new Chance(seed);
  const how = { traced: false, durable: log !== "memory", dedupeWindow: 300_000, maxEvents: MAX_EVENTS };
  write({ kind: "run", seed, versions: versions(), ...how });
  const limits = ["--max-events", String(MAX_EVENTS), "--heartbeat", `${HEARTBEAT}ms`, "--max-lifetime", "15s"];
  const hub = new HubProcess(["--log", log, ...limits]);
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
      [...TOPICS, "quiet"],
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
