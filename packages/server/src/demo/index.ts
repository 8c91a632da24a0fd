import type { IncomingMessage, ServerResponse } from "node:http";

import type { DemoHub } from "./demo-hub.ts";
import { createFacts } from "./facts.ts";
import { createMetrics } from "./metrics.ts";
import { createOperation } from "./operation.ts";
import { serveOperation } from "./operation-route.ts";
import { loadPage } from "./page.ts";
import { createPublisher } from "./publisher.ts";
import { createReaders } from "./readers.ts";

/** The demo page of `tidings serve --demo`: its files, what its publishers say, and its long operation. */
export interface Demo {
  /**
   * Answers a request for `/`, for one of the page's files or for `/demo/operation`.
   * False when the path is none of these; then nothing was written.
   */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
  /** Starts the long operation. False if it is running. */
  startOperation(): boolean;
  /** Stops the publishers and a running operation. The page's files are still served. */
  close(): void;
}

/** How the demo is set up. */
export interface DemoOptions {
  /** Folders whose files the long operation reads; by default those of the installation. */
  readonly folders?: readonly string[];
}

/** How often something is measured, in ms. Four metrics take turns, so each comes once a second. */
const TURN = 250;
/** A fact for the feed comes every so many turns. */
const FACT_TURNS = 24;

/**
 * Starts the demo on a hub: from now on its publishers publish to `demo/…`, about five events a second.
 *
 * @throws Error if the page's files are not there (the package was not built)
 */
export function createDemo(hub: DemoHub, options: DemoOptions = {}): Demo {
  const publisher = createPublisher(hub);
  const operation = createOperation(publisher, options.folders);
  const readers = createReaders(hub, publisher);
  const metrics = createMetrics(hub, publisher);
  const facts = createFacts(hub, publisher);
  const page = createDemoPage(async () => operation.start());

  let turn = 0;
  const timer = setInterval(() => {
    metrics.publishOne(turn % metrics.count);
    if (turn % 4 === 3) readers.look();
    if (turn % FACT_TURNS === FACT_TURNS - 1) facts.publishNext();
    turn += 1;
  }, TURN);
  timer.unref();

  return {
    handle: (req, res) => page.handle(req, res),
    startOperation: () => operation.start(),
    close() {
      clearInterval(timer);
      facts.close();
      operation.close();
    },
  };
}

/**
 * The demo's page alone, where its publishers are in another process.
 *
 * @throws Error if the page's files are not there (the package was not built)
 */
export function createDemoPage(startOperation: () => Promise<boolean>): Pick<Demo, "handle" | "close"> {
  const page = loadPage();
  return {
    handle(req, res) {
      const path = (req.url ?? "").split("?", 1)[0] ?? "";
      if (path === "/demo/operation") {
        void serveOperation(startOperation, req, res);
        return true;
      }
      return page.serve(path, req, res);
    },
    close: () => undefined,
  };
}
