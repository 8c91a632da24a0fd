import type { IncomingMessage, ServerResponse } from "node:http";

import { listen } from "../http/node-server.ts";

/** What is done with one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server with a script. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  /** Sends more on the stream that was opened last. */
  write(text: string): void;
}

/** A server that answers its first request as the first answer says, and so on; whoever asks for more gets a 204. */
export async function serve(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const requests: IncomingMessage[] = [];
  let last: ServerResponse | undefined;
  const { url } = await listen((request, response) => {
    last = response;
    const answer = answers[requests.push(request) - 1];
    if (answer === undefined) response.writeHead(204).end();
    else answer(response, request);
  });
  return { url, requests, write: (text) => void last?.write(text) };
}

/** A good stream in some pieces, a write each, which ends. */
export function stream(...pieces: readonly (string | Uint8Array)[]): Answer {
  return (response) => {
    begin(response, ...pieces);
    response.end();
  };
}

/** A good stream that goes on. */
export function open(...pieces: readonly (string | Uint8Array)[]): Answer {
  return (response) => begin(response, ...pieces);
}

/** A status, a type and a body. */
export function plain(status: number, type: string | undefined, body = "data: x\n\n"): Answer {
  return (response) => {
    if (type !== undefined) response.setHeader("Content-Type", type);
    response.writeHead(status).end(status === 204 || status === 205 ? undefined : body);
  };
}

function begin(response: ServerResponse, ...pieces: readonly (string | Uint8Array)[]): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.flushHeaders();
  for (const piece of pieces) response.write(piece);
}
