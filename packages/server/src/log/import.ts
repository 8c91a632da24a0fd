import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import { importLog } from "@tidings/log-lmdb";

import { Failure } from "../failure.ts";
import { print } from "./print.ts";
import { work } from "./work.ts";

const NUMBER = new Intl.NumberFormat("en");

/**
 * Makes a log of what `tidings log export` has written.
 *
 * @throws Failure if there is a log in the folder already, or what is read is no export
 */
export async function importFrom(folder: string, { input }: { readonly input?: string }): Promise<void> {
  const { events } = await work("importing", (by) => importLog(folder, linesOf(input), by));
  await print([`${NUMBER.format(events)} events\n`]);
}

async function* linesOf(input: string | undefined): AsyncGenerator<unknown, void> {
  const stream = input === undefined ? process.stdin : createReadStream(input);
  let count = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    count += 1;
    if (line === "") continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      throw new Failure(`Line ${count} is not JSON: this is no export, or it was cut.`, { cause: error });
    }
  }
}
