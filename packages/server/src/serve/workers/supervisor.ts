import cluster from "node:cluster";

import type { Logger } from "pino";

import { Failure } from "../../failure.ts";
import type { ServeSettings } from "../settings.ts";
import type { Stopping, StopSignal } from "../shutdown.ts";
import { type BackOff, createBackOff } from "./back-off.ts";
import { freePort } from "./free-port.ts";
import { type Bound, startWorker, type WorkerProcess } from "./worker-process.ts";
import { Whole } from "./whole.ts";

/** How much longer than its workers the supervisor waits for their end, in ms. */
const GRACE = 1_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/** The place of a worker: one that ends is followed by another with its number. */
interface Place {
  readonly number: number;
  readonly backOff: BackOff;
  worker: WorkerProcess | undefined;
  /** Resolves when a worker listens here, be it not the first one. */
  readonly filled: PromiseWithResolvers<void>;
}

/**
 * Runs a hub in several processes, and does nothing else: they share the listening socket, so that no connection comes
 * through here, and those that wait to be accepted wait for all of them. One that ends is replaced. When this process
 * ends, they end.
 */
export class Supervisor {
  readonly #settings: ServeSettings;
  readonly #logger: Logger;
  readonly #places: readonly Place[];
  readonly #whole: Whole;
  #started = false;
  #port: number;
  #stopping = false;

  constructor(settings: ServeSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#port = settings.port;
    this.#places = Array.from({ length: settings.workers }, (_, index) => ({
      number: index + 1,
      backOff: createBackOff(),
      worker: undefined,
      filled: Promise.withResolvers<void>(),
    }));
    this.#whole = new Whole(() => this.#places);
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  /**
   * Starts all workers: the first one alone, so that what is wrong with the port or the log is said once. Never settles
   * if it is stopped meanwhile.
   *
   * @throws Failure if the first one cannot start
   */
  async start(): Promise<Bound> {
    const [first, ...others] = this.#places;
    if (first === undefined) throw new Error("There is no place for a worker");
    // Workers share the socket of those that ask for the same port, and 0 is another one whenever none of them lives.
    if (this.#port === 0) this.#port = await freePort(this.#settings.host);
    const bound = await this.#fill(first).started.catch((error: unknown) => {
      if (this.#stopping) return undefined;
      throw new Failure(error instanceof Error ? error.message : String(error), { cause: error });
    });
    if (this.#stopping || bound === undefined) return new Promise<never>(() => undefined);
    this.#started = true;
    for (const place of others) this.#fill(place);
    await Promise.all(others.map(({ filled }) => filled.promise));
    return bound;
  }

  /** How all of it is stopped. */
  get stopping(): Stopping {
    const drain = Math.min(this.#settings.drain + GRACE, LONGEST_TIMER);
    return {
      logger: this.#logger,
      drain,
      stop: (signal) => this.#stop(signal),
      cut: () => this.#each((worker) => worker.kill()),
    };
  }

  #fill(place: Place): WorkerProcess {
    const worker = startWorker(place.number, { ...this.#settings, port: this.#port }, this.#whole.answers);
    const begun = performance.now();
    place.worker = worker;
    void worker.started.then(
      () => place.filled.resolve(),
      () => undefined,
    );
    void worker.ended.then((how) => {
      place.worker = undefined;
      this.#whole.bury(worker);
      if (this.#stopping || !this.#started) return;
      const wait = place.backOff.ended(performance.now() - begun);
      const { failures } = place.backOff;
      const fields = { worker: place.number, pid: worker.pid, how, waitMs: wait };
      if (failures > 1)
        this.#logger.error({ ...fields, failures }, "a worker ends again and again soon after its start");
      else this.#logger.warn(fields, "a worker has ended, and is replaced");
      setTimeout(() => {
        if (!this.#stopping) this.#fill(place);
      }, wait);
    });
    return worker;
  }

  async #stop(signal: StopSignal): Promise<void> {
    this.#stopping = true;
    const ends: Promise<string>[] = [];
    this.#each((worker) => {
      ends.push(worker.ended);
      // One that does not listen yet has nobody to send away.
      if (worker.listening) void worker.ask("stop", signal).catch(() => undefined);
      else worker.kill();
    });
    const wrong = (await Promise.all(ends)).find((how) => how === "code 1");
    if (wrong !== undefined) throw new Error("A worker could not be stopped in order");
  }

  #each(act: (worker: WorkerProcess) => void): void {
    for (const { worker } of this.#places) if (worker !== undefined) act(worker);
  }
}
