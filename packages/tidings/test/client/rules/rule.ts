import { afterAll, expect, test } from "vitest";

/** How one rule of the checklist came out. */
interface Outcome {
  readonly says: string;
  outcome: string;
}

/** What user-land cannot keep of a rule, and why; what is there instead is tested. */
export interface Limits {
  readonly but?: string;
}

/** How many rules the checklist has. */
const RULES = 56;

const table = new Map<number, Outcome>();

/** One rule of the checklist as a test. Several tests may have one number: it passes if they all do. */
export function rule(number: number, says: string, run: () => Promise<void> | void, { but }: Limits = {}): void {
  test(`${number}. ${says}`, async () => {
    const row = table.get(number) ?? { says, outcome: "pass" };
    table.set(number, row);
    try {
      await run();
      if (but !== undefined && row.outcome === "pass") row.outcome = `pass, but ${but}`;
    } catch (error) {
      row.outcome = "FAIL";
      throw error;
    }
  });
}

/** Prints the table once all have run, and sees that no rule is missing. */
export function printTable(): void {
  afterAll(() => {
    const numbers = Array.from({ length: RULES }, (_, index) => index + 1);
    const rows = numbers.map((number) => {
      const { says, outcome } = table.get(number) ?? { says: "", outcome: "NOT TESTED" };
      return `${String(number).padStart(2)}  ${outcome.split(",")[0]?.padEnd(4)}  ${says}${outcome.slice(4)}`;
    });
    process.stdout.write(`\nThe rules of EventSource (HTML standard, section 9.2)\n\n${rows.join("\n")}\n\n`);
    expect(numbers.filter((number) => !table.has(number))).toEqual([]);
  });
}
