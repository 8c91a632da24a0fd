import type { IncomingMessage, ServerResponse } from "node:http";

import type { Logger } from "pino";
import { createHub, type Hub } from "tidings";
import { createFront } from "tidings/http";

import type { Crew } from "./crew.ts";
import { checkedHosts } from "./exposure.ts";
import { createHttpServer } from "./http-server.ts";
import { hubOptions } from "./hub-options.ts";
import { listen } from "./listen.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { serveMetrics } from "./metrics-route.ts";
import { openLog } from "./open-log.ts";
import type { ServeSettings } from "./settings.ts";
import type { Stopping } from "./shutdown.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** Of a publish, in bytes. An event of the largest size fits, with some of its characters escaped. */
const MAX_BODY = 1024 * 1024;

/** A hub that listens. */
export interface HubServer {
  readonly address: string;
  readonly port: number;
  readonly stopping: Stopping;
}

/** What a hub is run with besides its settings. */
export interface HubSurroundings {
  readonly logger: Logger;
  /** The processes that it is one of. */
  crewOf(hub: Hub, metrics: Metrics): Crew;
  /** The demo, if there is one: answers a request for a path that is the demo's, and can be ended. */
  demoOf(hub: Hub, crew: Crew): HubDemo | undefined;
}

/** What a hub server needs of a demo. */
export interface HubDemo {
  handle(req: IncomingMessage, res: ServerResponse): boolean;
  close(): void;
}

/**
 * Opens the log and serves a hub on it in this process.
 *
 * @throws Failure if the log cannot be opened, or the port cannot be listened on
 */
export async function startHubServer(settings: ServeSettings, surroundings: HubSurroundings): Promise<HubServer> {
  const { host, port, drain, origin, allowHost, trustedProxies, maxEventBytes } = settings;
  const { logger } = surroundings;
  keepYoungGenerationSmall();
  const log = await openLog(settings, logger);
  const hub = createHub({ log, logger, ...hubOptions(settings) });
  const metrics = createMetrics(hub);
  const crew = surroundings.crewOf(hub, metrics);
  const hosts = checkedHosts(host, allowHost);
  const front = createFront(
    { ...hub, change: (name, change, by) => crew.change(name, change, by) },
    {
      origins: origin,
      trouble: () => crew.trouble(),
      compress: settings.compress === true,
      logger,
      trustedProxies,
      maxBody: Math.max(MAX_BODY, 2 * maxEventBytes),
      ...(hosts === undefined ? {} : { hosts }),
    },
  );
  const demo = surroundings.demoOf(hub, crew);

  function elsewhere(req: IncomingMessage, res: ServerResponse): boolean {
    return serveMetrics(() => crew.metrics(), req, res) || demo?.handle(req, res) === true;
  }
  const server = createHttpServer((req, res) => front.handle(req, res, elsewhere), logger);
  try {
    const bound = await listen(server, host, port);
    return {
      address: bound.address,
      port: bound.port,
      stopping: {
        logger,
        drain,
        async stop() {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          demo?.close();
          await hub.close({ drain });
          // Connections that are kept open for a next request would hold the server until their time is over.
          server.closeIdleConnections();
          await closed;
        },
        cut: () => server.closeAllConnections(),
      },
    };
  } catch (error) {
    demo?.close();
    await hub.close({ drain: 0 });
    throw error;
  }
}
