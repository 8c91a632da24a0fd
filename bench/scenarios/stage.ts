import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chooseCores } from "../processes/cores.ts";
import { usageOf, usedBetween } from "../processes/usage.ts";
import { startFleet } from "./fleet/fleet.ts";
import { startHub } from "./hub/hub-process.ts";
import type { Size, Stage } from "./scenario.ts";

const results = new URL("../results/", import.meta.url);

/** Where a scenario runs: the hub on one core, the clients on another. */
export interface OpenStage extends Stage {
  /** The largest share of its time that a hub had to wait for its core: other programs spoil a measurement. */
  readonly waited: number;
  /** Ends all that was started. */
  close(): Promise<void>;
}

/** Sets a stage. `profiles`: whether each hub's processor time is profiled, into a file beside the results. */
export function openStage(size: Size, profiles: boolean, say: (line: string) => void): OpenStage {
  const cores = chooseCores();
  const ends: (() => Promise<void>)[] = [];
  let waited = 0;
  return {
    size,
    get waited() {
      return waited;
    },
    pick: (full, quick) => (size === "full" ? full : quick),
    hub: async (setup = {}, nodeArgs = []) => {
      const hub = await startHub(setup, cores.server, nodeArgs);
      if (profiles) await hub.call("startProfile", undefined);
      const [before, startedAt] = [usageOf([hub.pid]), performance.now()];
      const stop = async (): Promise<void> => {
        const seconds = (performance.now() - startedAt) / 1000;
        waited = Math.max(waited, usedBetween(before, usageOf([hub.pid])).waited / seconds);
        const file = fileURLToPath(new URL(`hub-${hub.pid}.cpuprofile`, results));
        if (profiles) await hub.call("stopProfile", { file }).then(() => say(`profile: ${file}`));
        await hub.stop();
      };
      ends.push(once(stop));
      return { ...hub, stop: ends.at(-1) ?? stop };
    },
    fleet: async (options = {}) => {
      const fleet = await startFleet(cores.generator, options);
      const stop = once(() => fleet.stop());
      ends.push(stop);
      return { ...fleet, stop };
    },
    say,
    keep: async (name, text) => {
      await mkdir(results, { recursive: true });
      const file = fileURLToPath(new URL(name, results));
      await writeFile(file, text);
      return file;
    },
    close: async () => {
      for (const end of ends.splice(0)) await end();
    },
  };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}
