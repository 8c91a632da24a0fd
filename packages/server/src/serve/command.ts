import { Command, Option } from "commander";

import { parseCount, parseProxies, parseWorkers } from "../options/count.ts";
import { durationParser, offOr, WAITED } from "../options/duration.ts";
import { DEFAULT_FOLDER, parseLog } from "../options/log.ts";
import { parseHost, parseHostNames, parseOrigins, parsePort } from "../options/network.ts";
import { parseRate } from "../options/rate.ts";
import { parseSize } from "../options/size.ts";
import { LOG_LEVELS, type ServeSettings } from "./settings.ts";

const ABOUT = `Runs a hub: publish with POST /publish, subscribe with GET /events.

Each option can also be given as the environment variable that stands after it; a flag beats its variable. \
Where an option is repeatable, its variable is a list separated by commas.`;

const EXAMPLES = `
Examples:
  $ tidings serve --demo                            a hub on http://localhost:3000 with the demo page
  $ tidings serve --port 8080 --max-age 24h         keeps events for a day, up to --max-events and --max-bytes
  $ tidings serve --log memory                      keeps them in memory: nothing on disk, nothing after a restart
  $ tidings serve --workers auto                    a process on each core, all on one port with one log
  $ tidings serve --origin https://app.example.com  lets pages of that origin subscribe and publish
  $ TIDINGS_HOST=0.0.0.0 TIDINGS_ANONYMOUS=true tidings serve
                                                    in a container: anyone who reaches the port reads and publishes
`;

const HEARTBEAT = durationParser({ least: 100, most: 86_400_000, words: "from 100ms to 1d" });
const DRAIN = durationParser(WAITED);
const LIFETIME = durationParser({ least: 1_000, most: 30 * 86_400_000, words: "from 1s to 30d" });
const STALL = durationParser({ least: 100, most: WAITED.most, words: "from 100ms to 24 days" });
const SHED_DELAY = offOr(durationParser({ least: 5, most: 5_000, words: "from 5ms to 5s, or off" }));
const AGE = durationParser({ least: 1, most: Number.MAX_SAFE_INTEGER, words: "of 1ms or more" });

/** `tidings serve`: its options, each with its environment variable. */
export function serveCommand(): Command {
  return new Command("serve")
    .summary("run a hub")
    .description(ABOUT)
    .usage("[options]")
    .addOption(option("--host <address>", "where to listen", parseHost).default("127.0.0.1", "127.0.0.1"))
    .addOption(option("--port <number>", "port; 0 is any free one", parsePort).default(3000))
    .addOption(
      option("--log <where>", "where events are kept: lmdb:FOLDER, or memory", parseLog).default(
        { kind: "lmdb", path: DEFAULT_FOLDER },
        `lmdb:${DEFAULT_FOLDER}`,
      ),
    )
    .addOption(
      option(
        "--durability <what>",
        "what an acknowledged event survives: the machine (fsync, the default), or the process (commit)",
      ).choices(["fsync", "commit"]),
    )
    .addOption(option("--max-events <count>", "how many events the log keeps: 1000000, in memory 100000", parseCount))
    .addOption(option("--max-age <duration>", "how long it keeps them: 7d, in memory 1h", AGE))
    .addOption(option("--max-bytes <size>", "how much it keeps: 1GiB, in memory 64MiB", parseSize))
    .addOption(
      option("--workers <n>", "processes on the port, with one log; auto is one on each core", parseWorkers).default(1),
    )
    .addOption(option("--heartbeat <duration>", "a sign of life on a quiet stream", HEARTBEAT).default(15_000, "15s"))
    .addOption(option("--drain <duration>", "how long streams may take to end", DRAIN).default(10_000, "10s"))
    .addOption(option("--max-connections <count>", "open streams, of all clients", parseCount))
    .addOption(
      option("--max-connections-per-address <count>", "open streams of one address, or one IPv6 /64", parseCount),
    )
    .addOption(option("--max-topics <count>", "topics and patterns of one stream", parseCount).default(100))
    .addOption(option("--max-event-bytes <size>", "data of one event", parseSize).default(65_536, "64KiB"))
    .addOption(
      option("--publish-rate <rate>", "events per second from one address; 100:500 takes 500 at once", parseRate),
    )
    .addOption(option("--max-lifetime <duration>", "ends each connection after about this time", LIFETIME))
    .addOption(
      option("--stall <duration>", "cuts a client that reads nothing for so long", STALL).default(30_000, "30s"),
    )
    .addOption(
      option("--buffer-budget <size>", "what may be buffered for slow clients in all", parseSize).default(
        268_435_456,
        "256MiB",
      ),
    )
    .addOption(option("--replays <count>", "how many clients may read from the log at a time", parseCount).default(32))
    .addOption(
      option(
        "--shed-delay <duration>",
        "refuses new streams while the event loop is later than this; or off",
        SHED_DELAY,
      ).default(250, "250ms"),
    )
    .addOption(
      option("--trusted-proxies <n>", "how many stand in front, each adding to X-Forwarded-For", parseProxies).default(
        0,
      ),
    )
    .addOption(option("--origin <origin>", "lets its pages in (CORS); repeatable", parseOrigins).default([], "none"))
    .addOption(
      option("--allow-host <name>", "answers to this Host too; repeatable", parseHostNames).default([], "none"),
    )
    .addOption(option("--compress", "compresses streams for clients that take gzip; once for all of them"))
    .addOption(option("--anonymous", "lets anyone who reaches the host read and publish, beyond this machine too"))
    .addOption(option("--demo", "serves the demo page at /"))
    .addOption(
      option("--log-level <level>", "how much is logged, as JSON on stderr")
        .choices(LOG_LEVELS)
        .default("info", "info"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (settings: ServeSettings) => {
      const { serve } = await import("./serve.ts");
      await serve(settings);
    });
}

function option<Value>(flags: string, description: string, parse?: (text: string, before: Value) => Value): Option {
  const made = new Option(flags, description);
  if (parse !== undefined) made.argParser(parse);
  return made.env(`TIDINGS_${made.name().replaceAll("-", "_").toUpperCase()}`);
}
