import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import type { FaultProxy, Proxied } from "../proxy/fault-proxy.ts";
import { FAIR } from "../proxy/faults.ts";
import type { HubProcess } from "./hub-process.ts";
import type { ChaosSubscriber } from "./subscriber.ts";

/** What there is to break. */
export interface Victims {
  readonly hub: HubProcess;
  readonly proxy: FaultProxy;
  readonly subscribers: readonly ChaosSubscriber[];
}

interface Fault {
  readonly name: string;
  /** How likely it is, beside the others. */
  readonly weight: number;
  /** Resolves when the next one may come. */
  run(victims: Victims, chance: Chance): Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    name: "resets a fifth of the connections, again and again",
    weight: 3,
    async run({ proxy }, chance) {
      for (let wave = 0; wave < 5; wave++) {
        for (const connection of some(proxy, chance, 0.2)) connection.cut("reset");
        await pause(200);
      }
    },
  },
  {
    name: "cuts connections inside of frames",
    weight: 3,
    async run({ proxy }, chance) {
      proxy.weather = { ...FAIR, cut: 0.7, cutWithin: chance.pick([300, 3_000, 60_000]) };
      for (const connection of some(proxy, chance, 0.5)) connection.cut("reset");
      await pause(chance.between(500, 2_500));
      proxy.weather = FAIR;
    },
  },
  {
    name: "makes lines slow and bytes come in pieces",
    weight: 2,
    async run({ proxy }, chance) {
      proxy.weather = { late: 0.5, latency: 150, sliced: 0.5, cut: 0.1, cutWithin: 50_000 };
      for (const connection of some(proxy, chance, 0.4)) connection.cut("fin");
      await pause(chance.between(1_000, 3_000));
      proxy.weather = FAIR;
    },
  },
  {
    name: "throws away what goes over some connections",
    weight: 2,
    async run({ proxy }, chance) {
      for (const connection of some(proxy, chance, 0.2)) connection.blackhole(chance.pick(["up", "down", "both"]));
      await pause(chance.between(500, 2_000));
    },
  },
  {
    name: "ends some connections for the client alone",
    weight: 1,
    async run({ proxy }, chance) {
      for (const connection of some(proxy, chance, 0.2)) connection.cut("half");
      await pause(500);
    },
  },
  {
    name: "holds some connections up",
    weight: 2,
    async run({ proxy }, chance) {
      const held = some(proxy, chance, 0.3);
      for (const connection of held) connection.hold(chance.pick(["down", "both"]));
      await pause(chance.between(500, 2_000));
      for (const connection of held) connection.release();
    },
  },
  {
    name: "lets some subscribers stop reading",
    weight: 3,
    async run({ subscribers }, chance) {
      for (const subscriber of subscribers) if (chance.happens(0.3)) subscriber.doze(chance.between(1_000, 8_000));
      await pause(1_000);
    },
  },
  {
    name: "stops the hub in its tracks",
    weight: 1,
    async run({ hub }, chance) {
      hub.pause();
      await pause(chance.between(300, 3_500));
      hub.resume();
    },
  },
  {
    name: "lets no one in",
    weight: 1,
    async run({ proxy }, chance) {
      proxy.refuses = true;
      for (const connection of some(proxy, chance, 0.7)) connection.cut("reset");
      await pause(chance.between(500, 4_000));
      proxy.refuses = false;
    },
  },
  {
    name: "kills the hub and starts it again",
    weight: 2,
    async run({ hub }, chance) {
      await hub.kill();
      await pause(chance.between(0, 1_000));
      await hub.start();
    },
  },
];

/** Breaks one thing after another, by the seed, for so many milliseconds; then everything is whole again. */
export async function torment(victims: Victims, chance: Chance, journal: Journal, ms: number): Promise<void> {
  const end = performance.now() + ms;
  // Each once, in an order of its own, before any comes a second time.
  let queue: Fault[] = [];
  while (performance.now() < end) {
    if (queue.length === 0)
      queue = shuffled(
        FAULTS.flatMap((fault) => Array.from({ length: fault.weight }, () => fault)),
        chance,
      );
    const fault = queue.pop();
    if (fault === undefined) return;
    journal({ kind: "fault", at: performance.now(), what: fault.name });
    await fault.run(victims, chance);
    await pause(chance.between(100, 1_200));
  }
  victims.proxy.heal();
  journal({ kind: "fault", at: performance.now(), what: "heal" });
}

function some(proxy: FaultProxy, chance: Chance, share: number): Proxied[] {
  return proxy.connections.filter(() => chance.happens(share));
}

function shuffled(faults: readonly Fault[], chance: Chance): Fault[] {
  const left = [...faults];
  return faults.map(() => left.splice(chance.between(0, left.length - 1), 1)[0]).filter((fault) => fault !== undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
