import type { Account } from "../load/generator.ts";

/** What is to be said of a run in which something did not arrive as it should; nothing where all is well. */
export function accountNotes(run: {
  readonly side: string;
  readonly account: Account;
  readonly published?: { readonly failed: number };
}): string[] {
  const { side, account, published } = run;
  const wrong = Object.entries({
    "deliveries lost": account.lost,
    "out of order": account.outOfOrder,
    "outstanding at the end": account.outstanding,
    "connections closed early": account.closedEarly,
    "publications failed": published?.failed ?? 0,
  }).filter(([, count]) => count > 0);
  if (wrong.length === 0) return [];
  return [`${side}: ${wrong.map(([what, count]) => `${count.toLocaleString("en")} ${what}`).join(", ")}.`];
}
