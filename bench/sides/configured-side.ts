import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Publication } from "../load/requests.ts";
import { freePort, untilListening } from "../processes/ports.ts";
import { type Program, startProgram } from "../processes/program.ts";
import type { Side } from "./side.ts";

/** A server that is no part of this project, and that reads its configuration from a file. */
export interface ConfiguredServer {
  readonly name: string;
  /** The command that runs it. */
  command(file: string, folder: string): readonly [string, ...string[]];
  /** What stands in the file; `folder` is the server's own, and gone after it. */
  configuration(port: number, folder: string): string;
  /** Path and query of the stream. */
  readonly path: string;
  readonly publication: Publication;
  /** The processes that serve; the one that was started by default. */
  pids?(program: Program): Promise<readonly number[]>;
  /** How many subscribers would get an event now, where the server can tell. */
  subscribers?(port: number): Promise<number>;
}

/** Makes a side of a server that is configured by a file: each run has a folder and a port of its own. */
export function configuredSide(server: ConfiguredServer): Side {
  return {
    name: server.name,
    start: async (core) => {
      const folder = await mkdtemp(join(tmpdir(), `tidings-bench-${server.name}-`));
      const port = await freePort();
      const file = join(folder, "configuration.json");
      await writeFile(file, server.configuration(port, folder));
      // Not SIGKILL: the children of a server that is killed would outlive it.
      const program = startProgram(server.command(file, folder), core, ["ignore", "ignore", "inherit"], "SIGTERM");
      const stop = async (): Promise<void> => {
        await program.stop();
        await rm(folder, { recursive: true, force: true });
      };
      try {
        await untilListening(program, port);
        return {
          port,
          path: server.path,
          publication: server.publication,
          pids: (await server.pids?.(program)) ?? [program.pid],
          subscribers: async () => server.subscribers?.(port),
          collectGarbage: async () => undefined,
          stop,
        };
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}
