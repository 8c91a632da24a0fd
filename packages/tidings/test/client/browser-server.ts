import type { ServerResponse } from "node:http";

import { listen } from "../http/node-server.ts";
import { bundledClient, OURS } from "./bundle.ts";

/** A request as the server saw it. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** A server for pages: the client as a module, blank pages, workers and streams. */
export interface BrowserServer {
  readonly url: string;
  /** Requests for streams, in order. */
  readonly seen: SeenRequest[];
  /** Streams that are open. */
  readonly open: number;
}

const WORKER = `
  import { EventSource } from "/client.js";
  const source = new EventSource("ids-open");
  const answer = (port) =>
    source.addEventListener("message", ({ data }) => {
      port.postMessage({ url: source.url, data, scope: self.constructor.name });
      source.close();
    });
  if ("onconnect" in self) self.onconnect = ({ ports: [port] }) => answer(port);
  else answer(self);
`;

/** Starts one, until the test is over. */
export async function startBrowserServer(): Promise<BrowserServer> {
  const client = await bundledClient();
  const seen: SeenRequest[] = [];
  let open = 0;
  const { url } = await listen((request, response) => {
    const { method = "", url: path = "", headers } = request;
    const send = (type: string, body: string): void => {
      response.writeHead(200, { "Content-Type": type }).end(body);
    };
    if (path === "/client.js") return send("text/javascript", client);
    if (path === "/worker.js") return send("text/javascript", WORKER);
    if (path.startsWith("/folder/")) return send("text/html", `<!doctype html><title>A page</title>${OURS}`);
    if (path === "/favicon.ico") return void response.writeHead(404).end();
    seen.push({ method, path, headers });
    if (path !== "/refused-by-cors" && headers.origin !== undefined) {
      response.setHeader("Access-Control-Allow-Origin", headers.origin);
      response.setHeader("Access-Control-Allow-Credentials", "true");
      response.setHeader("Access-Control-Allow-Headers", "last-event-id");
    }
    if (method === "OPTIONS") return void response.writeHead(204).end();
    open++;
    response.once("close", () => open--);
    answer(path, headers, response);
  });
  return {
    url,
    seen,
    get open() {
      return open;
    },
  };
}

function answer(path: string, headers: NodeJS.Dict<string | string[]>, response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const { cookie = "", "last-event-id": id = "nothing" } = headers;
  if (path === "/cookie") response.write(`data: ${String(cookie)}\n\n`);
  else response.write(`id: 1\ndata: after ${String(id)}\n\n`);
  if (path === "/ids") response.end();
}
