import type { IncomingMessage, ServerResponse } from "node:http";

import { Registry } from "prom-client";
import { problem } from "tidings/http";

import { sendProblem } from "../send-problem.ts";

/** Answers `/metrics` with a text. False for another path; then nothing was written. */
export function serveMetrics(text: () => Promise<string>, req: IncomingMessage, res: ServerResponse): boolean {
  if (req.url?.split("?", 1)[0] !== "/metrics") return false;
  if (req.method === "GET" || req.method === "HEAD") {
    void answer(text, req, res);
    return true;
  }
  sendProblem(res, problem("method-not-allowed", "/metrics takes GET, HEAD"), { Allow: "GET, HEAD" });
  return true;
}

async function answer(text: () => Promise<string>, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const body = await text();
    res.writeHead(200, { "Content-Type": Registry.PROMETHEUS_CONTENT_TYPE, "Cache-Control": "no-store" });
    res.end(req.method === "HEAD" ? undefined : body);
  } catch {
    sendProblem(res, problem("internal", "The figures could not be gathered from all workers; ask again."));
  }
}
