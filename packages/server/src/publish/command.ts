import { Command, Option } from "commander";

import { parseHttpUrl } from "../options/network.ts";
import type { PublishSettings } from "./publish.ts";

const ABOUT = `Publishes one event to a running hub and prints its id.

The data is sent as it is given: JSON stays the JSON that was written, and text stays text. \
With - as data it is read from the standard input, its last line end included. It must be UTF-8.`;

const EXAMPLES = `
Examples:
  $ tidings publish demo/chat '{"text":"hello"}'
  $ tidings publish orders/42 paid --event order.paid --key payment-7781
  $ printf %s "$REPORT" | tidings publish reports -
`;

/** `tidings publish`. */
export function publishCommand(): Command {
  return new Command("publish")
    .summary("publish an event to a hub")
    .description(ABOUT)
    .usage("[options] <topic> <data>")
    .argument("<topic>", "where to publish, such as orders/42")
    .argument("<data>", "what to publish; - reads it from the standard input")
    .option("--event <name>", "the event's name; without it, message")
    .option("--key <key>", "an idempotency key: publishing again with it adds nothing")
    .addOption(
      new Option("--url <url>", "where the hub is")
        .env("TIDINGS_URL")
        .argParser(parseHttpUrl)
        .default(new URL("http://localhost:3000"), "http://localhost:3000"),
    )
    .option("--json", "print the whole answer, as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (topic: string, data: string, settings: PublishSettings) => {
      const { publish } = await import("./publish.ts");
      await publish(topic, data, settings);
    });
}
