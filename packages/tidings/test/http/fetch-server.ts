import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";

import { onTestFinished } from "vitest";

import { listenOn } from "./node-server.ts";

/** A fetch handler behind a real server: Node's, since the tests run there. */
export async function listenFetch(
  handler: (request: Request) => Response | Promise<Response>,
): Promise<{ port: number; url: string }> {
  const server = createServer(async (req, res) => {
    const left = new AbortController();
    res.on("close", () => left.abort());
    const headers = Object.entries(req.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value) => [name, value] as [string, string]),
    );
    const body = req.method === "GET" || req.method === "HEAD" ? null : Readable.toWeb(req);
    const init = { method: req.method ?? "GET", headers, body, duplex: "half", signal: left.signal };
    const response = await handler(new Request(`http://${req.headers.host}${req.url}`, init as RequestInit));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    const reader = response.body?.getReader();
    const closed = once(res, "close");
    void closed.then(() => reader?.cancel()).catch(() => undefined);
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done || value === undefined) break;
      if (res.write(value)) continue;
      await Promise.race([new Promise<void>((resolve) => res.once("drain", resolve)), closed]);
    }
    res.end();
  });
  const port = await listenOn(server);
  onTestFinished(() => server.closeAllConnections());
  return { port, url: `http://127.0.0.1:${port}` };
}
