import { once } from "node:events";
import { type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";

/** Serves a blank page at `/`, and streams. */
export interface StreamServer {
  readonly url: string;
  /** What `/streams/0`, `/streams/1` and so on serve from here on, each in chunks. The connection ends with the stream. */
  streams: readonly (readonly Uint8Array[])[];
  close(): Promise<void>;
}

export async function startStreamServer(): Promise<StreamServer> {
  const server = createServer((request, response) => {
    const index = /^\/streams\/(\d+)$/.exec(request.url ?? "")?.[1];
    const chunks = index === undefined ? undefined : served.streams[Number(index)];
    if (chunks !== undefined) void send(response, chunks);
    else if (request.url === "/") response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html>");
    else response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const served: StreamServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    streams: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return served;
}

async function send(response: ServerResponse, chunks: readonly Uint8Array[]): Promise<void> {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.socket?.setNoDelay();
  for (const chunk of chunks) {
    response.write(chunk);
    // So that the chunks go out one by one.
    await setImmediate();
  }
  response.end();
}
