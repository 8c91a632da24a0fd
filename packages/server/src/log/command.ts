import { Command, InvalidArgumentError, Option } from "commander";
import { parseCursor } from "tidings/log";

import { parseCount } from "../options/count.ts";
import { DEFAULT_FOLDER } from "../options/log.ts";
import type { ReadSettings } from "./read.ts";

const ABOUT = `Looks into a durable log, and maintains it.

Each takes the folder of the log; without one, that of TIDINGS_LOG, \
or ${DEFAULT_FOLDER} in the working directory. info, read, verify and export also \
work beside a hub that runs on it; compact and import need it for themselves. Long work shows on a terminal how far it is.

It exits with 0 when all is well, with 1 when it could not be done, and verify with 2 when the log is damaged.`;

const EXAMPLES = `
Examples:
  $ tidings log info
  $ tidings log read --topic 'orders/*' --limit 20
  $ tidings log verify /srv/hub/.tidings
  $ tidings log export --output backup.ndjson
  $ tidings log import /srv/new/.tidings --input backup.ndjson
`;

/** `tidings log`, with what it does as commands of their own. */
export function logCommand(): Command {
  const command = new Command("log")
    .summary("look into a durable log, and maintain it")
    .description(ABOUT)
    .usage("<command> [options] [folder]")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);

  add(command, "info", "print what it holds, and where it begins and ends")
    .option("--json", "print it as one JSON object")
    .action(async (folder: string, settings: { json?: boolean }) => {
      const { info } = await import("./info.ts");
      await info(folder, settings);
    });
  add(command, "read", "print its events, the oldest first")
    .addOption(
      new Option("--topic <topic>", "a topic or a pattern such as orders/*; repeatable")
        .argParser((topic: string, before: readonly string[]) => [...before, topic])
        .default([], "all"),
    )
    .option("--after <id>", "begin after the event with this id", checkCursor)
    .option("--limit <count>", "at most so many events", parseCount, 100)
    .option("--json", "print one JSON object per line: id, time, event, topics, data")
    .action(async (folder: string, settings: ReadSettings) => {
      const { read } = await import("./read.ts");
      await read(folder, settings);
    });
  add(command, "verify", "check every event against its checksum, and the index against the events").action(
    async (folder: string) => {
      const { verify } = await import("./verify.ts");
      await verify(folder);
    },
  );
  add(command, "compact", "give back the space that is not used any more").action(async (folder: string) => {
    const { compact } = await import("./compact.ts");
    await compact(folder);
  });
  add(command, "export", "write all of it as NDJSON, to the standard output or a file")
    .option("--output <file>", "the file, which must not be there yet")
    .action(async (folder: string, settings: { output?: string }) => {
      const { exportTo } = await import("./export.ts");
      await exportTo(folder, settings);
    });
  add(command, "import", "make a log of what export has written, in a folder that has none")
    .option("--input <file>", "the file; without it, the standard input")
    .action(async (folder: string, settings: { input?: string }) => {
      const { importFrom } = await import("./import.ts");
      await importFrom(folder, settings);
    });
  return command;
}

function add(command: Command, name: string, summary: string): Command {
  return command
    .command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .argument("[folder]", "where the log is", ownFolder());
}

/** Where `tidings serve` would keep its log. */
function ownFolder(): string {
  return /^lmdb:(.+)$/.exec(process.env["TIDINGS_LOG"] ?? "")?.[1] ?? DEFAULT_FOLDER;
}

function checkCursor(text: string): string {
  if (parseCursor(text) !== undefined) return text;
  throw new InvalidArgumentError("It must be the id of an event, as publish and tail print it.");
}
