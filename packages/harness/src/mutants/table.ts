import type { Hunted } from "./hunt.ts";

/** The table of mutants, as Markdown. */
export function mutantTable(hunted: readonly Hunted[]): string {
  const rows = hunted.map(({ name, outcome, invariants, runs, detail }) => {
    const caught =
      outcome === "caught" ? invariants.join(", ") : `**${outcome}**${detail === undefined ? "" : `: ${detail}`}`;
    const by = name === "none" && outcome === "escaped" ? "nothing, as it should be" : caught;
    return `| ${name} | ${by} | ${runs} |`;
  });
  return ["| the engine | violates | after runs |", "|---|---|---|", ...rows].join("\n");
}

/** Those that say something is wrong with the checker, the mutants or the engine. */
export function failures(hunted: readonly Hunted[]): Hunted[] {
  return hunted.filter(({ name, outcome }) => outcome !== (name === "none" ? "escaped" : "caught"));
}
