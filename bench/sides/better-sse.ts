import { createChannel, createSession } from "better-sse";
import { eventName, type Handler } from "./handler.ts";

/** better-sse and its channel. Its serializer is told to leave text as it is, so that its data is that of the others. */
export function createBetterSse(): Handler {
  const channel = createChannel();
  return {
    accept: (req, res) => {
      void createSession(req, res, { serializer: String }).then((session) => channel.register(session));
    },
    publish: (sequence, data) => {
      channel.broadcast(data, eventName, { eventId: String(sequence) });
    },
    subscribers: () => channel.sessionCount,
  };
}
