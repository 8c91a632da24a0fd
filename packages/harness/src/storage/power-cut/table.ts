import type { PowerCut } from "./run.ts";

const SHOWN = 5;

/** What all the cuts came to, for people. */
export function powerCutText(cuts: readonly PowerCut[]): string {
  const sum = (of: (cut: PowerCut) => number): string =>
    cuts.reduce((total, cut) => total + of(cut), 0).toLocaleString("en");
  const failed = cuts.filter(({ wrong }) => wrong.length > 0);
  return [
    `power cuts     ${cuts.length}`,
    `syncs          ${sum(({ syncs }) => syncs)}`,
    `acknowledged   ${sum(({ acknowledged }) => acknowledged)} events`,
    `followed       ${sum(({ followed }) => followed)} events`,
    `not synced     ${sum(({ unsynced }) => unsynced)} bytes, of which the disk had ${sum(({ kept }) => kept)}`,
    `wrong          ${failed.length} of ${cuts.length}`,
    ...failed.flatMap(failure),
  ].join("\n");
}

function failure({ seed, wrong }: PowerCut): string[] {
  return [`  seed ${seed}: ${wrong.length}`].concat(wrong.slice(0, SHOWN).map((line) => `    ${line}`));
}
