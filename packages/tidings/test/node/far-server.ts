// A hub in a network namespace of its own, and a cable to another one with the clients. Started by far-side.ts.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";

import { memoryLog } from "../../src/hub/log/memory-log.ts";
import { createHub, type Hub, type HubStats } from "../../src/node/entry.ts";
import { answerCalls, callsOf, type Remote } from "./calls.ts";
import type { FarClient, Seen } from "./far-client.ts";

const DEVICE = "tidings";
const ADDRESSES = { server: ["10.77.0.1/24", "fd77::1/64"], client: ["10.77.0.2/24", "10.77.0.3/24", "fd77::2/64"] };

/** What the kernel holds for one of the hub's connections. */
interface Held {
  readonly remote: string;
  readonly queued: number;
  readonly timer: string;
}

let hub: Hub;
let client: Remote<FarClient>;
const ports = { 4: 0, 6: 0, http2: 0 };
let sent = 0;

async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function plug(device: string, addresses: readonly string[]): void {
  for (const address of addresses) {
    execFileSync("ip", ["addr", "add", address, "dev", device, ...(address.includes(":") ? ["nodad"] : [])]);
  }
  execFileSync("ip", ["link", "set", device, "up"]);
}

/** The fields that matter, read in another way than the library does. */
function table(): Held[] {
  const own = new Set(Object.values(ports).map((port) => port.toString(16).toUpperCase().padStart(4, "0")));
  const lines = ["tcp", "tcp6"].flatMap((name) => readFileSync(`/proc/self/net/${name}`, "utf8").split("\n").slice(1));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = ":", , state]) => own.has(local.split(":")[1] ?? "") && state !== "0A" && state !== "06")
    .map(([, , remote = "", , queues = "", timer = ""]) => ({
      remote: remote.replace(/:.*/, ""),
      queued: parseInt(queues, 16),
      timer: timer.slice(0, 2),
    }));
}

const calls = {
  async start(options: { heartbeat: number }): Promise<void> {
    const log = memoryLog({ maxBytes: 512 * 1024 * 1024, maxEvents: 1_000_000 });
    hub = createHub({ ...options, log, stall: "5m" });
    const listener = (req: Parameters<Hub["serve"]>[0], res: Parameters<Hub["serve"]>[1]): void => {
      // As middleware does that looks at what is written: then the stream goes through the response.
      if (req.url === "/patched") Object.assign(res, { write: res.write.bind(res) });
      void hub.serve(req, res, { topics: ["a"] });
    };
    ports[4] = await listen(createServer(listener), "0.0.0.0");
    ports[6] = await listen(createServer(listener), "::");
    ports.http2 = await listen(createHttp2Server(listener), "0.0.0.0");
    const far = fork(join(import.meta.dirname, "far-client.ts"), {
      execPath: "unshare",
      execArgv: ["--net", "--", process.execPath],
    });
    client = callsOf<FarClient>(far);
    await once(far, "spawn");
    execFileSync("ip", ["link", "set", "lo", "up"]);
    // The far process is in its namespace once it answers.
    await client.seen("nobody");
    const peer = ["peer", "name", DEVICE, "netns", String(far.pid)];
    execFileSync("ip", ["link", "add", DEVICE, "type", "veth", ...peer]);
    plug(DEVICE, ADDRESSES.server);
    await client.plug(DEVICE, ADDRESSES.client);
  },

  async open(name: string, over: "IPv4" | "mapped IPv4" | "IPv6", from = 2, path = "/"): Promise<void> {
    const port = over === "IPv4" ? ports[4] : ports[6];
    const host = over === "IPv6" ? "fd77::1" : "10.77.0.1";
    await client.open(name, { host, port, from: over === "IPv6" ? "fd77::2" : `10.77.0.${from}`, path });
  },

  openHttp2: (from: number) =>
    client.openHttp2({ host: "10.77.0.1", port: ports.http2, from: `10.77.0.${from}`, path: "/" }),

  vanish: (address: string) => client.vanish(DEVICE, address),
  stop: (name: string) => client.stop(name),
  read: (name: string, bytes = 0) => client.read(name, bytes),
  seen: (name: string): Promise<Seen | undefined> => client.seen(name),
  stats: (): HubStats => hub.stats(),
  table,

  /**
   * Publishes numbered events as fast as the hub takes them. Answers the most that was held for a connection of the
   * client's second address.
   */
  async publish(events: number, bytes: number): Promise<number> {
    const data = "x".repeat(bytes);
    let most = 0;
    let looked = 0;
    for (const end = sent + events; sent < end;) {
      for (let n = 0; n < 50 && sent < end; n++) void hub.publish("a", { data: `${sent++} ${data}` });
      await hub.publish("b", { data: "" });
      await new Promise((resolve) => setImmediate(resolve));
      // To look takes longer than to publish.
      if (performance.now() < looked + 50 && sent < end) continue;
      for (const { remote, queued } of table()) if (remote === "03004D0A") most = Math.max(most, queued);
      looked = performance.now();
    }
    return most;
  },
};

export type FarServer = typeof calls;

answerCalls(calls);
