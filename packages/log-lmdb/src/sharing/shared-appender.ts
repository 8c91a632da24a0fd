import { setTimeout as pause } from "node:timers/promises";
import { HubError, type Appended, type Draft, type Durability } from "tidings/log";
import { AppenderClient } from "./appender-client.ts";
import { AppenderServer } from "./appender-server.ts";
import { Overtaken, type Appender, type AppenderRecord } from "../appender.ts";
import { MAX_APPEND, textOfAppend } from "./messages.ts";
import type { SharedStore } from "./shared-store.ts";
import { newSocketPath } from "./socket-path.ts";
import { removeStaleSockets } from "./stale-sockets.ts";
import { WaitingAppends, type Patience, type Request } from "./waiting-appends.ts";

/** Who shares what. */
export interface SharedAppenderOptions {
  /** The log's folder. */
  readonly folder: string;
  readonly store: SharedStore;
  readonly durability: Durability;
  readonly logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** Milliseconds between signs of life of the one that appends: after four that fail to come it is overtaken. */
  readonly beat?: number;
  /** How much may wait while nobody appends. */
  readonly patience?: Patience;
}

const PATIENCE: Patience = { requests: 10_000, bytes: 64 * 1024 * 1024, ms: 10_000 };
/** Milliseconds in which a process that closes is still answered. */
const PARTING = 5_000;

/**
 * Appends to a log that several processes share. One of them appends, whoever claimed the log last; the others send
 * their appends to it. When it is gone or says nothing, another one claims the log, and the store refuses what the
 * one before would still append.
 */
export class SharedAppender {
  readonly #options: Required<SharedAppenderOptions>;
  readonly #waiting: WaitingAppends;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  // One of the two at most: this process appends, or it knows who does.
  #server: AppenderServer | undefined;
  #appender: Appender | undefined;
  #client: AppenderClient | undefined;
  /** Where somebody listened who said nothing any more. */
  #silent: string | undefined;
  #order = 0;
  #onAnswered: (() => void) | undefined;
  #sending = false;

  constructor(options: SharedAppenderOptions) {
    this.#options = { beat: 1_000, patience: PATIENCE, ...options };
    this.#waiting = new WaitingAppends(this.#options.patience);
    this.#running = this.#run();
  }

  /** Whether an append is expected to succeed now. */
  get ready(): boolean {
    return this.#appender?.ready ?? this.#client?.ready ?? false;
  }

  /** Appends drafts after those that this process has given before. See `Log.append`. */
  append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    if (this.#closing.signal.aborted) return Promise.reject(new HubError("closed", "The log is closed"));
    const order = this.#order++;
    const appender = this.#appender;
    if (appender === undefined || this.#waiting.size > 0) return this.#wait(order, drafts);
    return this.#appendHere(appender, order, drafts);
  }

  /** This process has appended through this offset, durably. */
  committed(head: number): void {
    this.#server?.committed(head);
  }

  /** Ends in order: answers whoever waits, the other processes too, and leaves the log to them. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#client !== undefined && (this.#client.isAsked || this.#waiting.size > 0)) {
      const answered = new Promise<void>((resolve) => (this.#onAnswered = resolve));
      await Promise.race([answered, this.#client.lost, pause(PARTING, undefined, { ref: false })]);
    }
    this.#client?.cut();
    await this.#running;
    this.#waiting.rejectAll("the log was closed");
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const record = this.#options.store.appenderRecord();
        const { socket } = record;
        const client = socket === undefined || socket === this.#silent ? undefined : await this.#connect(socket);
        if (client === undefined) await this.#claim(record);
        else if (await this.#sendUntilLost(client)) this.#silent = socket;
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : "unknown";
        this.#options.logger.warn({ error: message }, "No process can append to the log");
        this.#waiting.rejectAll(message, cause);
        await this.#pause(this.#options.beat);
        await this.#reopen();
      }
    }
  }

  async #connect(path: string): Promise<AppenderClient | undefined> {
    const { durability, beat } = this.#options;
    return AppenderClient.connect({
      path,
      durability,
      beat,
      onNews: () => this.#refresh(),
      onDrain: () => this.#sendSoon(),
      onAnswered: () => {
        if (this.#waiting.size === 0) this.#onAnswered?.();
      },
      onReturned: (request) => this.#waiting.add(request),
    });
  }

  /** Answers whether it was left because it was silent. */
  async #sendUntilLost(client: AppenderClient): Promise<boolean> {
    if (this.#closing.signal.aborted) client.cut();
    this.#client = client;
    this.#refresh();
    this.#sendSoon();
    await client.lost;
    this.#client = undefined;
    return client.isSilent;
  }

  /** Claims the log, and appends to it until another one does. */
  async #claim({ generation, socket }: AppenderRecord): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { folder, store, durability, beat, logger } = this.#options;
    const server = await AppenderServer.listen({
      path: newSocketPath(folder),
      durability,
      beat,
    });
    const since = performance.now();
    try {
      const appender = await store.claim(generation, server.path);
      if (appender === undefined) return;
      logger.info({ generation: generation + 1 }, "This process appends to the log");
      await this.#appendUntilLost(appender, server, socket);
      logger.info({ generation: generation + 1 }, "This process no longer appends to the log");
    } finally {
      await server.close();
    }
    // A store that fails at once is not asked again and again without a break.
    if (performance.now() - since < beat) await this.#pause(beat / 10);
  }

  async #appendUntilLost(appender: Appender, server: AppenderServer, before: string | undefined): Promise<void> {
    const { folder, store, beat, logger } = this.#options;
    // What the one before has appended, and told nobody of.
    this.#refresh();
    this.#server = server;
    this.#appender = appender;
    server.start(appender);
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift()) {
      request.resolve(this.#appendHere(appender, request.order, request.drafts));
    }
    removeStaleSockets(folder, before).catch((error: unknown) => logger.warn({ error }, "Old sockets stay"));
    const overtaken = Promise.withResolvers<void>();
    const looks = setInterval(() => {
      try {
        store.clearStaleReaders();
        // One that appends nothing would not notice by itself.
        if (store.appenderRecord().socket !== server.path) overtaken.resolve();
      } catch (error) {
        // The store is in trouble, and sees to it.
        logger.warn({ error }, "Who appends to the log cannot be read");
      }
    }, beat).unref();
    const closing = Promise.withResolvers<void>();
    this.#closing.signal.addEventListener("abort", () => closing.resolve());
    if (this.#closing.signal.aborted) closing.resolve();
    await Promise.race([appender.lost, overtaken.promise, closing.promise]);
    clearInterval(looks);
    this.#appender = undefined;
    await server.stop();
    await appender.close();
    this.#server = undefined;
  }

  async #appendHere(appender: Appender, order: number, drafts: readonly Draft[]): Promise<readonly Appended[]> {
    try {
      return await appender.append(drafts);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      return this.#wait(order, drafts);
    }
  }

  #wait(order: number, drafts: readonly Draft[]): Promise<readonly Appended[]> {
    const text = textOfAppend({ id: order, drafts });
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_APPEND) {
      const message = `A batch may have ${MAX_APPEND} bytes on its way to the log, and this one has ${bytes}`;
      return Promise.reject(new HubError("batch-too-large", message));
    }
    return new Promise((resolve, reject) => {
      const since = performance.now();
      this.#waiting.add({ order, drafts, text, bytes, mayBeThere: false, since, resolve, reject });
      this.#sendSoon();
    });
  }

  /** Sends what waits, on the next turn: once for all that is appended in this one. */
  #sendSoon(): void {
    if (this.#sending || this.#client === undefined) return;
    this.#sending = true;
    setImmediate(() => {
      this.#sending = false;
      this.#send();
    });
  }

  #send(): void {
    const client = this.#client;
    if (client === undefined || client.full) return;
    const requests: Request[] = [];
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift()) {
      requests.push(request);
    }
    client.send(requests);
  }

  #refresh(): void {
    try {
      this.#options.store.refresh();
    } catch (error) {
      this.#options.logger.warn({ error }, "What was appended to the log cannot be read");
    }
  }

  async #reopen(): Promise<void> {
    try {
      await this.#options.store.reopen();
    } catch (error) {
      this.#options.logger.warn({ error }, "The log cannot be opened again");
    }
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}
