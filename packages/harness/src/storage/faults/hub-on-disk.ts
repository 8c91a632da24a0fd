import { join } from "node:path";
import { request } from "node:http";

import { HubProcess } from "../../chaos/hub-process.ts";
import type { Chance } from "../../chance.ts";
import { BrokenDisk } from "../disk/broken-disk.ts";
import type { Unsynced } from "../disk/survivor.ts";
import { EventStream } from "./event-stream.ts";
import { PATIENCE_MS, until } from "../until.ts";

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** `tidings serve` with its log on a disk that can be broken, and a client of it. */
export class HubOnDisk {
  readonly disk: BrokenDisk;
  /** Where the log is. */
  readonly log: string;
  /** What the hub has said on its standard error: things break on purpose here. */
  said = "";
  readonly #hub: HubProcess;

  private constructor(disk: BrokenDisk, options: readonly string[], log = disk.folder) {
    this.disk = disk;
    this.log = log;
    const args = ["--log", `lmdb:${this.log}`, "--heartbeat", "1s", ...options];
    this.#hub = new HubProcess(args, disk.env, (text) => (this.said += text));
  }

  /**
   * One that runs, on an empty disk.
   *
   * @param disk a disk of the real kind by default
   */
  static async start(options: readonly string[] = [], disk?: BrokenDisk): Promise<HubOnDisk> {
    const hub = new HubOnDisk(disk ?? (await BrokenDisk.make()), options);
    await hub.start();
    return hub;
  }

  /** Another process, on the same log if not on another one. It does not run yet. */
  another(options: readonly string[] = [], log = this.log): HubOnDisk {
    return new HubOnDisk(this.disk, options, log);
  }

  /** The file that the events are in. */
  get data(): string {
    return join(this.log, "data.mdb");
  }

  start(): Promise<void> {
    return this.#hub.start();
  }

  kill(): Promise<void> {
    return this.#hub.kill();
  }

  /** Lets it end in order. */
  end(): Promise<void> {
    return this.#hub.end();
  }

  /** Kills it, and takes away what was not synced. */
  async cutPower(chance?: Chance): Promise<Unsynced> {
    await this.kill();
    return this.disk.cutPower(chance);
  }

  /** Publishes an event. Answers what the hub said, whatever that is. */
  publish(data: string, { topic = "a", key }: { topic?: string; key?: string } = {}): Promise<Answer> {
    return this.ask("POST", "/publish", JSON.stringify({ topic, data, idempotencyKey: key }));
  }

  /** A stream of its events, from the oldest on. */
  stream(topic = "**"): EventStream {
    return new EventStream(this.#hub.port, `/events?topic=${encodeURIComponent(topic)}&from=earliest`);
  }

  /** Everything that it has: what a stream from the oldest on gets until it is live. */
  async everything(topic = "**"): Promise<EventStream> {
    const stream = this.stream(topic);
    await stream.untilLive();
    stream.close();
    return stream;
  }

  async isReady(): Promise<boolean> {
    return (await this.ask("GET", "/readyz")).status === 200;
  }

  /** Waits until `/readyz` says so. */
  async untilReady(ready: boolean): Promise<void> {
    await until(async () => (await this.isReady()) === ready, `/readyz says ${ready ? "ready" : "not ready"}`);
  }

  ask(method: string, path: string, body = ""): Promise<Answer> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
      const how = { host: "127.0.0.1", port: this.#hub.port, path, method, headers, agent: false };
      const asked = request({ ...how, timeout: PATIENCE_MS }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: text, ms: performance.now() - started });
        });
        response.on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error(`No answer to ${method} ${path}`)));
      asked.on("error", reject);
      asked.end(body);
    });
  }

  /** Ends it, and removes the disk. */
  async remove(): Promise<void> {
    await this.kill();
    this.disk.remove();
  }
}

/** The code of the problem that an answer tells, behind its status. */
export function problem({ status, body }: Answer): string {
  const { code } = JSON.parse(body) as { code?: string };
  return code === undefined ? String(status) : `${status} ${code}`;
}
