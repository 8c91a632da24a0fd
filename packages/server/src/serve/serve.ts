import { crewOfOne } from "./crew.ts";
import { createDemo } from "../demo/index.ts";
import { readyUrl, refuseUnlessMeant } from "./exposure.ts";
import { startHubServer } from "./hub-server.ts";
import { createProcessLogger } from "./logger.ts";
import { describeLog, refuseImpossibleLog } from "./open-log.ts";
import type { ServeSettings } from "./settings.ts";
import { stopOnSignal } from "./shutdown.ts";

/**
 * Runs a hub until a signal comes, in this process or in several. Prints one line on stdout when it is ready.
 *
 * @throws Failure if it cannot listen or open its log, or if the host is open to others and `anonymous` was not given
 */
export async function serve(settings: ServeSettings): Promise<void> {
  refuseUnlessMeant(settings.host, settings.anonymous === true);
  refuseImpossibleLog(settings);
  const { address, port } = settings.workers > 1 ? await serveByMany(settings) : await serveAlone(settings);
  const workers = settings.workers > 1 ? `${settings.workers} workers, ` : "";
  process.stdout.write(`Tidings is ready on ${readyUrl(address, port)} (${workers}${describeLog(settings)})\n`);
}

/** Where it listens. */
interface Bound {
  readonly address: string;
  readonly port: number;
}

async function serveAlone(settings: ServeSettings): Promise<Bound> {
  const logger = createProcessLogger(settings);
  const { address, port, stopping } = await startHubServer(settings, {
    logger,
    crewOf: crewOfOne,
    demoOf: (hub) => (settings.demo === true ? createDemo(hub) : undefined),
  });
  stopOnSignal(stopping);
  logger.info({ address, port, log: settings.log.kind, demo: settings.demo === true }, "ready");
  return { address, port };
}

async function serveByMany(settings: ServeSettings): Promise<Bound> {
  const { Supervisor } = await import("./workers/supervisor.ts");
  const logger = createProcessLogger(settings);
  const supervisor = new Supervisor(settings, logger);
  // Before all workers listen, too: the first one serves by then, and one that cannot start is waited for.
  stopOnSignal(supervisor.stopping);
  const { address, port } = await supervisor.start();
  logger.info(
    { address, port, log: settings.log.kind, demo: settings.demo === true, workers: settings.workers },
    "ready",
  );
  return { address, port };
}
