import type { Hub } from "tidings";

import { createDemo, createDemoPage } from "../../demo/index.ts";
import { Failure } from "../../failure.ts";
import { type Crew, troubleOf } from "../crew.ts";
import { type HubDemo, startHubServer } from "../hub-server.ts";
import { createProcessLogger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import type { ServeSettings } from "../settings.ts";
import { stopOnSignal, type StopSignal } from "../shutdown.ts";
import { connectCalls } from "./calls.ts";
import { changeHere, crewOfMany } from "./crew-of-many.ts";
import type { Report, SupervisorProcedures, WorkerProcedures } from "./procedures.ts";

// A worker, which its supervisor starts with a number and the settings. When the supervisor ends, Node's cluster ends it.
const number = Number(process.argv[2]);
const settings = JSON.parse(process.argv[3] ?? "") as ServeSettings;
const logger = createProcessLogger(settings, number);

/** How long the supervisor may take for an answer, in ms: it may have to wait for another worker. */
const PATIENCE = 5_000;

const hub = Promise.withResolvers<Hub>();
const metrics = Promise.withResolvers<Metrics>();
const stop = Promise.withResolvers<(signal: StopSignal) => void>();
let startOperation = (): boolean => false;

async function report(): Promise<Report> {
  return { stats: (await hub.promise).stats(), figures: await (await metrics.promise).figures() };
}

const ours: WorkerProcedures = {
  report,
  trouble: async () => troubleOf(await hub.promise),
  change: async (asked) => changeHere(await hub.promise, asked),
  startOperation: () => startOperation(),
  stop: async (signal) => (await stop.promise)(signal),
};
const supervisor = connectCalls<SupervisorProcedures>(process, ours, PATIENCE);

/** Only the first worker has the demo's publishers: their events are numbered. The others have its page. */
function demoOf(of: Hub, crew: Crew): HubDemo | undefined {
  if (settings.demo !== true) return undefined;
  if (number > 1) return createDemoPage(() => supervisor("startOperation"));
  const demo = createDemo({ publish: of.publish, stats: () => crew.stats() });
  startOperation = () => demo.startOperation();
  return demo;
}

try {
  const { address, port, stopping } = await startHubServer(settings, {
    logger,
    crewOf(of, counted) {
      hub.resolve(of);
      metrics.resolve(counted);
      return crewOfMany(of, supervisor, settings.demo === true && number === 1);
    },
    demoOf,
  });
  stop.resolve(stopOnSignal(stopping));
  await supervisor("listening", { address, port, report: await report() });
  logger.info({ address, port, pid: process.pid }, "worker ready");
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  await supervisor("failed", error.message);
  process.exit(1);
}
