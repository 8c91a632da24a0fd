import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { createHub, memoryLog } from "tidings";

/** What the simulation needs of the library. */
export interface Engine {
  readonly createHub: typeof createHub;
  readonly memoryLog: typeof memoryLog;
}

/** The library as it stands. */
export const SOURCE: string = fileURLToPath(new URL("../../../tidings/src", import.meta.url));

/** How long hashing takes, in steps of promises: so long that a call can come meanwhile. */
const STEPS = 10;

/** Loads the library from its sources, or from a changed copy of them. */
export async function loadEngine(folder: string): Promise<Engine> {
  hashInSteps();
  nameInOrder();
  return (await import(pathToFileURL(join(folder, "index.ts")).href)) as Engine;
}

/** Names of streams are random. Here they count, so that a run is the same every time. */
function nameInOrder(): void {
  let named = 0;
  Object.defineProperty(crypto, "getRandomValues", {
    configurable: true,
    value: (bytes: Uint8Array): Uint8Array => {
      new DataView(bytes.buffer).setUint32(0, ++named);
      return bytes;
    },
  });
}

/** Idempotency keys are hashed by a pool of threads, which answers when it likes. Here it takes the same time at every run. */
function hashInSteps(): void {
  Object.defineProperty(crypto.subtle, "digest", {
    configurable: true,
    value: async (algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer> => {
      for (let step = 0; step < STEPS; step++) await Promise.resolve();
      const digest = createHash(algorithm.replace("-", "")).update(bytes).digest();
      return new Uint8Array(digest).buffer;
    },
  });
}
