// A fetch handler behind the real server of whatever runtime this is.

/** The runtime's name. */
export const RUNTIME = "Bun" in globalThis ? "Bun" : "Deno" in globalThis ? "Deno" : "Node";

/** Serves a fetch handler on a free port of the loopback interface; answers its URL. */
export async function serve(handler) {
  if (RUNTIME === "Bun") {
    // With its own defaults: it cuts a connection that is silent for ten seconds.
    return `http://127.0.0.1:${Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler }).port}`;
  }
  if (RUNTIME === "Deno") {
    return `http://127.0.0.1:${Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler).addr.port}`;
  }
  return await serveOnNode(handler);
}

async function serveOnNode(handler) {
  const { createServer } = await import("node:http");
  const { once } = await import("node:events");
  const { Readable } = await import("node:stream");
  const server = createServer(async (req, res) => {
    const left = new AbortController();
    const closed = once(res, "close").then(() => left.abort());
    const body = req.method === "GET" || req.method === "HEAD" ? null : Readable.toWeb(req);
    const headers = Object.entries(req.headersDistinct).flatMap(([name, values]) =>
      values.map((value) => [name, value]),
    );
    const init = { method: req.method, headers, body, duplex: "half", signal: left.signal };
    const response = await handler(new Request(`http://${req.headers.host}${req.url}`, init));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    const reader = response.body?.getReader();
    void closed.then(() => reader?.cancel()).catch(() => undefined);
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) break;
      if (!res.write(value)) await Promise.race([new Promise((resolve) => res.once("drain", resolve)), closed]);
    }
    res.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}
