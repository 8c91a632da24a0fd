import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { Failure, reasonOf, systemCode } from "../failure.ts";

/**
 * Writes to the standard output, at the pace at which it is read; ends early when nobody reads it any more (… | head).
 *
 * @throws Failure if it cannot be written
 */
export async function print(text: Iterable<string> | AsyncIterable<string>, signal?: AbortSignal): Promise<void> {
  let wrong: Error | undefined;
  // A write that fails may say so after the last one was taken.
  const note = (error: Error): void => void (wrong = error);
  process.stdout.on("error", note);
  try {
    const options = signal === undefined ? { end: false } : { end: false, signal };
    await pipeline(Readable.from(text), process.stdout, options);
    await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  } catch (error) {
    if (wrong === undefined) throw error;
  } finally {
    process.stdout.off("error", note);
  }
  if (wrong === undefined || systemCode(wrong) === "EPIPE") return;
  throw new Failure(`The standard output cannot be written: ${reasonOf(wrong)}`, { cause: wrong });
}
