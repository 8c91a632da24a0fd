import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { answerCalls } from "../processes/calls.ts";
import { isNodeServerName, nodeServers } from "../sides/node-servers.ts";
import { collectGarbage } from "./collect-garbage.ts";

/** What the server process of a side answers. */
export type ServerCalls = {
  listen(argument: undefined): Promise<number>;
  subscribers(argument: undefined): number;
  collectGarbage(argument: undefined): Promise<void>;
};

const [name = ""] = process.argv.slice(2);
if (!isNodeServerName(name)) throw new Error(`There is no side named ${JSON.stringify(name)}.`);
const { server, subscribers } = await nodeServers[name]();

const calls: ServerCalls = {
  listen: async () => {
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  subscribers,
  collectGarbage,
};
answerCalls(calls);
