import { createChannel, createSession } from "better-sse";
import { createHttpServer, eventName, type NodeServer } from "./node-server.ts";

/** better-sse and its channel. Its serializer is told to leave text as it is, so that its data is that of the others. */
export function createBetterSse(): NodeServer {
  const channel = createChannel();
  let events = 0;
  const server = createHttpServer({
    accept: (req, res) => {
      void createSession(req, res, { serializer: String }).then((session) => channel.register(session));
    },
    publish: (data) => channel.broadcast(data, eventName, { eventId: String(events++) }),
  });
  return { server, subscribers: () => channel.sessionCount };
}
