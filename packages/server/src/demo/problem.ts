import { STATUS_CODES, type ServerResponse } from "node:http";

/** Answers with problem details (RFC 9457) and a stable `code`. */
export function sendProblem(res: ServerResponse, status: number, code: string, detail: string): void {
  const body = JSON.stringify({ status, code, title: STATUS_CODES[status], detail });
  res.writeHead(status, { "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  res.end(body);
}
