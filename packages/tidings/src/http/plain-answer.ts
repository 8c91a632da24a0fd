import { setHeaders } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import { corsHead } from "./stream-head.ts";

/** A response whose body is there, whatever the runtime. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers a request of Node's, unless an answer has begun. A listed origin may read it. */
export function answerNode(req: NodeRequest, res: NodeResponse, answer: PlainAnswer, origins: readonly string[]): void {
  if (res.headersSent) return;
  res.statusCode = answer.status;
  const { Connection: connection, ...headers } = headersOf(answer, req.headers["origin"], origins);
  setHeaders(res, headers);
  // HTTP/2 has no such header.
  if (connection !== undefined && req.httpVersionMajor < 2) res.setHeader("Connection", connection);
  if (req.method === "HEAD") res.end();
  else res.end(answer.body);
}

/** Answers a `Request`. A listed origin may read it. */
export function answerFetch(request: Request, answer: PlainAnswer, origins: readonly string[]): Response {
  const headers = headersOf(answer, request.headers.get("origin"), origins);
  const bodiless = request.method === "HEAD" || answer.status === 204;
  return new Response(bodiless ? null : answer.body, { status: answer.status, headers });
}

function headersOf({ headers }: PlainAnswer, origin: unknown, origins: readonly string[]): Record<string, string> {
  const cors = corsHead(typeof origin === "string" ? origin : undefined, origins);
  // A page of another origin sees few headers unless told that it may; a client of ours wants to know when to come back.
  const isRead = "Access-Control-Allow-Origin" in cors && "Retry-After" in headers;
  return { ...cors, ...(isRead ? { "Access-Control-Expose-Headers": "Retry-After" } : {}), ...headers };
}
