import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";

import { bundledClient, OURS } from "./bundle.ts";
import { MARK, type Step } from "./scripts.ts";

/** A request for a stream. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Plays scripts: to each who asks for `/scripts/<who>/<index>` its own, from the beginning. */
export interface ScriptServer {
  readonly url: string;
  /** From here on. */
  scripts: readonly (readonly Step[])[];
  /** What was asked for a script by one of those who ask, in order. */
  requests(who: string, index: number): readonly SeenRequest[];
  close(): Promise<void>;
}

export async function startScriptServer(): Promise<ScriptServer> {
  const client = await bundledClient();
  const asked = new Map<string, SeenRequest[]>();
  const acknowledged = new Map<string, () => void>();
  const asking = new Map<string, Step[]>();
  const server = createServer((request, response) => {
    const { url: path = "", method = "", headers } = request;
    // A request on a connection that was used before is sent again by browsers if that is lost.
    response.shouldKeepAlive = false;
    const [, what = "", who = "", index = ""] = path.split(/[/?]/);
    const key = `${who}/${index}`;
    if (path === "/client.js") return void response.setHeader("Content-Type", "text/javascript").end(client);
    if (what === "") return void response.setHeader("Content-Type", "text/html").end(`<!doctype html>${OURS}`);
    if (what === "seen") {
      acknowledged.get(key)?.();
      return void response.writeHead(204).end();
    }
    asked.set(key, [...(asked.get(key) ?? []), { path, method, headers }]);
    const steps = asking.get(key) ?? [...(served.scripts[Number(index)] ?? [])];
    asking.set(key, steps);
    const step = steps.shift();
    if (step === undefined) return void response.writeHead(500).end();
    void play(response, step, path, new Promise((resolve) => acknowledged.set(key, resolve)), (next) =>
      steps.unshift(next),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const served: ScriptServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    scripts: [],
    requests: (who, index) => asked.get(`${who}/${index}`) ?? [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return served;
}

async function play(
  response: ServerResponse,
  step: Step,
  path: string,
  seen: Promise<void>,
  next: (step: Step) => void,
): Promise<void> {
  const { socket } = response;
  if (step.does === "fails")
    return void socket?.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
  if (step.does === "refuses") {
    if (step.type !== "") response.setHeader("Content-Type", step.type);
    return void response.writeHead(step.status).end();
  }
  if (step.does === "ends" && step.redirect !== undefined) {
    next({ does: "ends", chunks: step.chunks });
    return void response.writeHead(step.redirect, { Location: `${path.replace(/\?.*/, "")}?redirected` }).end();
  }
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  socket?.setNoDelay();
  for (const chunk of step.chunks) {
    response.write(chunk);
    await setImmediate();
  }
  if (step.does === "ends") return void response.end();
  response.write(`\n\nevent: ${MARK}\ndata: ${path}\n\n`);
  await seen;
  response.write(step.tail);
  await setImmediate();
  if (step.reset) socket?.resetAndDestroy();
  else socket?.destroySoon();
}
