import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { answerCalls } from "../processes/calls.ts";
import { handlers, isHandlerName } from "../sides/handlers.ts";
import type { Offer, Published } from "../sides/side.ts";
import { type Publisher, startPublisher } from "./publisher.ts";

/** What the server process of a side answers. */
export type ServerCalls = {
  listen(argument: undefined): Promise<number>;
  subscribers(argument: undefined): number;
  publish(offer: Offer): void;
  stopPublishing(argument: undefined): Promise<Published>;
  collectGarbage(argument: undefined): Promise<void>;
};

const [name = ""] = process.argv.slice(2);
if (!isHandlerName(name)) throw new Error(`There is no side named ${JSON.stringify(name)}.`);
const handler = await handlers[name]();
const server = createServer((req, res) => handler.accept(req, res));
let publisher: Publisher | undefined;

const calls: ServerCalls = {
  listen: async () => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  subscribers: () => handler.subscribers(),
  publish: (offer) => {
    publisher = startPublisher((sequence, data) => handler.publish(sequence, data), offer);
  },
  stopPublishing: async () => (await publisher?.stop()) ?? { events: 0, dropped: 0, failed: 0 },
  collectGarbage: async () => {
    // Twice, with a pause: what the first one frees of finalizers and of pages is given back by the second.
    for (let round = 0; round < 2; round++) {
      globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
      await pause(100);
    }
  },
};
answerCalls(calls);
