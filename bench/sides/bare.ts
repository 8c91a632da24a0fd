import type { Handler } from "./handler.ts";

/** `node:http` and nothing else: a response whose head is sent and that stays open. Only its memory is measured. */
export function createBare(): Handler {
  let accepted = 0;
  return {
    accept: (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.flushHeaders();
      accepted++;
    },
    publish: () => undefined,
    subscribers: () => accepted,
  };
}
