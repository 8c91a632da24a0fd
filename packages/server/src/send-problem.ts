import type { ServerResponse } from "node:http";

import { PROBLEM_TYPE, type Problem } from "tidings/http";

/** A problem with a code of the hub's, or with one of our own. */
export type AnyProblem = Omit<Problem, "code"> & { readonly code: string };

/** Answers with problem details (RFC 9457). Where an answer has begun it is cut. */
export function sendProblem(
  res: ServerResponse,
  problem: AnyProblem,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const body = JSON.stringify(problem);
  res.writeHead(problem.status, { ...problemHead(body), ...headers });
  res.end(res.req.method === "HEAD" ? undefined : body);
}

/** The headers of every problem. */
export function problemHead(body: string): Record<string, string> {
  return {
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": String(Buffer.byteLength(body)),
    "Cache-Control": "no-store",
  };
}
