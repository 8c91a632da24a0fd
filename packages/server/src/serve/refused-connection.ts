import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { type Problem, problem } from "tidings/http";

import { problemHead } from "../send-problem.ts";

/** For how long what still comes is read and dropped, in ms: a close with bytes unread would take back the answer. */
const LINGER = 1_000;

/** Answers with a problem on a connection on which there is no request to answer to, and ends it. */
export function refuseConnection(socket: Socket, refusal: Problem): void {
  const body = JSON.stringify(refusal);
  const headers = Object.entries({ ...problemHead(body), Connection: "close" });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}\r\n${head}\r\n${body}`);
  const lingering = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once("close", () => clearTimeout(lingering));
}

/** The problem that Node's parser had with a request, by the code of its error. */
export function refusalOf(errorCode: string): Problem {
  switch (errorCode) {
    case "HPE_HEADER_OVERFLOW":
      return problem("header-too-large", "The head of a request may have 16 KiB.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return problem("body-too-large", "The chunk extensions of a body may have 16 KiB.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return problem("request-timeout", "The head of a request may take 10 seconds to arrive, all of it 30.");
    default:
      return problem("malformed", "This is not a request of HTTP/1.1.");
  }
}
