import type { ParsedEvent } from "tidings/wire";

import { Failure, reasonOf } from "../failure.ts";
import { follow } from "./follow.ts";
import { jsonLine } from "./json-line.ts";
import { standardOutput } from "./output.ts";
import { clockTime, painter, readableLine } from "./readable-line.ts";
import { createReconnection } from "./reconnection.ts";
import { streamUrl } from "./stream-url.ts";

/** What `tidings tail` was told. */
export interface TailSettings {
  readonly topic: readonly string[];
  readonly lastEventId?: string;
  readonly from?: string;
  readonly json?: boolean;
}

/**
 * Prints the events of a stream until SIGINT or SIGTERM comes, nobody reads the output, or the server says that there
 * is no more.
 *
 * @throws Failure if the server refuses the stream, or the output cannot be written
 */
export async function runTail(url: URL, settings: TailSettings): Promise<void> {
  const stop = new AbortController();
  let broken: Error | undefined;
  const output = standardOutput((error) => {
    broken = error;
    stop.abort();
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

  const paint = painter(process.stdout);
  const paintNotice = painter(process.stderr);
  const notice = (text: string): void => {
    process.stderr.write(`${paintNotice("dim", `${clockTime(new Date())}  ${text}`)}\n`);
  };

  await follow({
    url: streamUrl(url, settings),
    lastEventId: settings.lastEventId ?? "",
    signal: stop.signal,
    reconnection: createReconnection(),
    ready: () => output.ready(),
    onNotice: notice,
    onEvent(event: ParsedEvent) {
      if (event.event === "tidings:cursor") return;
      if (event.event === "tidings:live") notice("live: from here on events are printed as they happen");
      else
        output.writeLine(settings.json === true ? jsonLine(event) : readableLine(event, clockTime(new Date()), paint));
    },
  });
  if (broken !== undefined) throw new Failure(`The output cannot be written: ${reasonOf(broken)}.`, { cause: broken });
}
