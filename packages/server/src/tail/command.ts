import { Command, InvalidArgumentError, Option } from "commander";

import { parseHttpUrl } from "../options/network.ts";
import type { TailSettings } from "./run.ts";

const ABOUT = `Follows the events of a hub and prints them, one line each.

When the connection is lost it is made again and resumes after the last id. Where events are missing, or the history \
is another one, a line says so: nothing is lost in silence. What concerns the connection goes to stderr.`;

const EXAMPLES = `
Examples:
  $ tidings tail http://localhost:3000 --topic 'orders/*' --topic alerts
  $ tidings tail http://localhost:3000 --topic demo/chat --from last:10
  $ tidings tail http://localhost:3000 --topic orders/42 --from earliest --json | jq -r .data
`;

/** `tidings tail`. */
export function tailCommand(): Command {
  return new Command("tail")
    .summary("print the events of a hub as they come")
    .description(ABOUT)
    .usage("[options] <url>")
    .addOption(
      new Option("--topic <topic>", "a topic or a pattern such as orders/*; repeatable")
        .argParser((topic: string, before: readonly string[]) => [...before, topic])
        .default([], "default"),
    )
    .option("--last-event-id <id>", "resume after the event with this id", parseEventId)
    .option("--from <start>", "where to start without an id: now, earliest or last:N", parseStart)
    .option("--json", "print one JSON object per line: id, event, topics, data")
    .argument(
      "<url>",
      "the hub (http://localhost:3000), or a stream (http://localhost:3000/events?topic=a)",
      parseHttpUrl,
    )
    .addHelpText("after", EXAMPLES)
    .action(async (url: URL, settings: TailSettings) => {
      const { runTail } = await import("./run.ts");
      await runTail(url, settings);
    });
}

function parseStart(text: string): string {
  if (text === "now" || text === "earliest" || /^last:[1-9]\d*$/.test(text)) return text;
  throw new InvalidArgumentError("It must be now, earliest, or last:N such as last:10.");
}

function parseEventId(text: string): string {
  if (/[\0\r\n]/.test(text)) throw new InvalidArgumentError("An id has no line end and no NUL.");
  return text;
}
