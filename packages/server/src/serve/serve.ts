import type { IncomingMessage, ServerResponse } from "node:http";

import { createHub, memoryLog } from "tidings";
import { createFront } from "tidings/http";

import { createDemo } from "../demo/index.ts";
import { checkedHosts, readyUrl, refuseUnlessMeant } from "./exposure.ts";
import { createHttpServer } from "./http-server.ts";
import { listen } from "./listen.ts";
import { createLogger } from "./logger.ts";
import { hubOptions } from "./hub-options.ts";
import { createMetrics } from "./metrics.ts";
import type { ServeSettings } from "./settings.ts";
import { stopOnSignal } from "./shutdown.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** Of a publish, in bytes. An event of the largest size fits, with some of its characters escaped. */
const MAX_BODY = 1024 * 1024;

/**
 * Runs a hub until a signal comes. Prints one line on stdout when it is ready.
 *
 * @throws Failure if it cannot listen, or if the host is open to others and `anonymous` was not given
 */
export async function serve(settings: ServeSettings): Promise<void> {
  const { host, port, drain, origin, allowHost } = settings;
  refuseUnlessMeant(host, settings.anonymous === true);
  keepYoungGenerationSmall();
  const logger = createLogger(settings.logLevel);
  const log = memoryLog({ maxEvents: settings.maxEvents, maxAge: settings.maxAge, maxBytes: settings.maxBytes });
  const hub = createHub({ log, logger, ...hubOptions(settings) });
  const hosts = checkedHosts(host, allowHost);
  const { trustedProxies, maxEventBytes } = settings;
  const maxBody = Math.max(MAX_BODY, 2 * maxEventBytes);
  const front = createFront(hub, {
    origins: origin,
    compress: settings.compress === true,
    logger,
    trustedProxies,
    maxBody,
    ...(hosts === undefined ? {} : { hosts }),
  });
  const metrics = createMetrics(hub);
  const demo = settings.demo === true ? createDemo(hub) : undefined;

  function elsewhere(req: IncomingMessage, res: ServerResponse): boolean {
    return metrics.handle(req, res) || demo?.handle(req, res) === true;
  }
  const server = createHttpServer(async (req: IncomingMessage, res: ServerResponse) => {
    await front.handle(req, res, elsewhere);
  }, logger);
  const { address, port: bound } = await listen(server, host, port);
  stopOnSignal({
    server,
    logger,
    drain,
    async endStreams() {
      demo?.close();
      await hub.close({ drain });
    },
  });
  process.on("unhandledRejection", (error) => logger.error({ err: error }, "something failed that nobody waited for"));
  logger.info({ address, port: bound, log: settings.log, demo: demo !== undefined }, "ready");
  process.stdout.write(`Tidings is ready on ${readyUrl(address, bound)}\n`);
}
