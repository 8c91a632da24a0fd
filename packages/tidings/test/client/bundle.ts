import { join } from "node:path";

import { rolldown } from "rolldown";

const ENTRY = join(import.meta.dirname, "../../src/client/index.ts");
const VIRTUAL = "\0entry";

let whole: Promise<string> | undefined;

/** `tidings/client` as one module for a browser. */
export function bundledClient(): Promise<string> {
  whole ??= bundle("*", false);
  return whole;
}

/** What a page needs to have our class as `Ours`: the server has it at `/client.js`. */
export const OURS =
  '<script type="module">import { EventSource } from "/client.js"; globalThis.Ours = EventSource;</script>';

/** What a browser loads for some names of `tidings/client`: `EventSource`, or `*` for all. */
export async function bundle(names: string, minify: boolean): Promise<string> {
  const bundling = await rolldown({
    input: VIRTUAL,
    platform: "browser",
    // As a bundler reads the package's `sideEffects: false`.
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === VIRTUAL ? id : undefined),
        load: (id) =>
          id === VIRTUAL ? `export ${names === "*" ? "*" : `{ ${names} }`} from ${JSON.stringify(ENTRY)};` : undefined,
      },
    ],
  });
  try {
    const { output } = await bundling.generate({ format: "esm", minify });
    return output[0].code;
  } finally {
    await bundling.close();
  }
}
