import type { IncomingMessage, ServerResponse } from "node:http";

import { problem } from "tidings/http";

import { type AnyProblem, sendProblem } from "../send-problem.ts";

const FOREIGN: AnyProblem = {
  status: 403,
  code: "foreign-origin",
  title: "Another site's page",
  detail: "The operation is only started from the demo page itself.",
};
const RUNNING: AnyProblem = {
  status: 409,
  code: "operation-running",
  title: "The operation is running",
  detail: "The operation is running. Wait for its end, then start it again.",
};

/** `POST /demo/operation`: 202 and it runs, or 409 while it is running. How far it is comes as events. */
export async function serveOperation(
  start: () => Promise<boolean>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  req.resume();
  if (req.method !== "POST") {
    sendProblem(res, problem("method-not-allowed", "The operation is started with POST."), { Allow: "POST" });
    return;
  }
  if (!fromThisPage(req)) {
    sendProblem(res, FOREIGN);
    return;
  }
  try {
    if (!(await start())) {
      sendProblem(res, RUNNING);
      return;
    }
  } catch {
    sendProblem(res, problem("internal", "The process that runs the operation does not answer; try again."));
    return;
  }
  res.writeHead(202, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  res.end(JSON.stringify({ state: "running", topic: "demo/operation" }));
}

/**
 * Another site's page may send a bare POST without asking. Browsers say where it comes from: in `Sec-Fetch-Site`, and
 * in `Origin`. A program that sends neither is no browser, and free to start it.
 */
function fromThisPage(req: IncomingMessage): boolean {
  const site = req.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = req.headers;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
