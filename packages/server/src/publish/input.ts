import type { Readable } from "node:stream";

import { Failure } from "../failure.ts";

/**
 * All of a stream as text.
 *
 * @throws Failure if it is not UTF-8
 */
export async function readInput(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new Failure("The standard input is not UTF-8, and events are text.", { cause: error });
  }
}
