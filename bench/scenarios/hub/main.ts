import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHub, memoryLog, type Hub } from "tidings";
import { createFront } from "tidings/http";
import { answerCalls } from "../../processes/calls.ts";
import type { End, HubCalls } from "./calls.ts";
import { collectGarbage } from "./garbage.ts";
import { startProfile } from "./profile.ts";
import { probePublishing, type Probe } from "./probe.ts";
import { Source } from "./source.ts";

// The server of a scenario: a hub in a `node:http` server, as an embedder has it, with the publisher in its process.

let hub: Hub;
let source: Source;
let probe: Probe | undefined;
const ends: End[] = [];
let stopProfile: ((file: string) => Promise<void>) | undefined;

const calls: HubCalls = {
  listen: async ({ hub: options = {}, log = {} }) => {
    hub = createHub({ ...options, log: memoryLog(log) });
    source = new Source(hub);
    const front = createFront(hub);
    const server = createServer((req, res) => {
      const query = new URL(req.url ?? "/", "http://hub").searchParams;
      if (req.method === "POST") void front.handle(req, res);
      else void serve(req, res, query);
    });
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  publish: (offer) => source.start(offer),
  stopPublishing: () => source.stop(),
  burst: (burst) => source.burst(burst),
  published: () => source.published,
  stats: () => hub.stats(),
  ends: () => ends,
  startProbe: ({ topic, everyMs }) => {
    probe = probePublishing(hub, topic, everyMs);
  },
  stopProbe: () => probe?.stop() ?? { publishes: 0, longestWaitMs: 0, loopDelayP99Ms: 0, loopDelayMaxMs: 0 },
  collectGarbage,
  startProfile: async () => {
    stopProfile = await startProfile();
  },
  stopProfile: ({ file }) => stopProfile?.(file),
};
answerCalls(calls);

async function serve(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
  const reason = await hub.serve(req, res, { topics: query.getAll("topic") });
  const name = query.get("name");
  if (name !== null) ends.push({ name, reason });
}
