import { compiled } from "../processes/compile.ts";
import { firstLine } from "../processes/first-line.ts";
import { startProgram } from "../processes/program.ts";
import type { Side } from "./side.ts";

const program = compiled([new URL("c-loop.c", import.meta.url)]);

/** A loop of `send` in C: the least that fan-out costs without joining writes. */
export const cLoop: Side = {
  name: "c-loop",
  start: async (core) => {
    const server = startProgram([await program()], core, ["pipe", "pipe", "inherit"]);
    try {
      return {
        port: Number(await firstLine(server)),
        path: "/events",
        publication: { path: "/publish", headers: {}, before: "", after: "" },
        pids: [server.pid],
        subscribers: async () => undefined,
        collectGarbage: async () => undefined,
        stop: () => server.stop(),
      };
    } catch (error) {
      await server.stop();
      throw error;
    }
  },
};
