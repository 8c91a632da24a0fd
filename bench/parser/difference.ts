import type { Seen } from "./sides.ts";

/** Where what two parsers found in one stream differs, if it does. */
export function difference(ours: readonly Seen[], theirs: readonly Seen[]): string | undefined {
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [own, other] = [JSON.stringify(ours[index]), JSON.stringify(theirs[index])];
    if (own !== other) return `event ${index} is ${own} here and ${other} there`;
  }
  return undefined;
}
