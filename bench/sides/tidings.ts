import { createHub } from "tidings";
import { eventName, type Handler } from "./handler.ts";

const topic = "ticks";

/** Tidings, embedded: a hub with its defaults (the memory log with replay and retention), every stream on one topic. */
export function createTidings(): Handler {
  const hub = createHub();
  return {
    accept: (req, res) => {
      void hub.serve(req, res, { topics: [topic] });
    },
    publish: (_sequence, data) => hub.publish(topic, { event: eventName, data }),
    subscribers: () => hub.stats().subscribersByState.live,
  };
}
