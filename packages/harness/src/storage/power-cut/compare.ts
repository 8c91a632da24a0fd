import type { Found, Told } from "./trace.ts";

/**
 * What a log does not have that it had told of, a line each. Everything that it acknowledged and everything that it let a
 * follower see has to be there, at its place, but for what retention has taken; and nothing is missing in between.
 */
export function compare(told: readonly Told[], found: Found, maxEvents: number): string[] {
  const wrong: string[] = found.problems.map((problem) => `verify: ${problem}`);
  if (found.corrupt > 0) wrong.push(`${found.corrupt} ranges are corrupt`);
  const entries = new Map(found.entries.map(([offset, tag, data]) => [offset, { tag, data }]));
  for (let offset = found.evicted + 1; offset <= found.head; offset++) {
    if (!entries.has(offset)) wrong.push(`offset ${offset} is missing, between ${found.evicted} and ${found.head}`);
  }
  if (found.evicted > Math.max(0, found.head - maxEvents)) {
    wrong.push(`retention took ${found.evicted} of ${found.head} events, where ${maxEvents} are kept`);
  }
  if (found.next !== found.head + 1 + found.again.filter(({ duplicate }) => !duplicate).length) {
    wrong.push(`what is appended next is at ${found.next}, where the head is ${found.head}`);
  }
  for (const { how, epoch, offset, tag, data } of told) {
    const name = `${data.slice(0, 20).trim()} was ${how} at ${offset}`;
    const entry = entries.get(offset);
    if (epoch !== found.epoch) wrong.push(`${name}, and the log began again`);
    else if (offset > found.head) wrong.push(`${name}, and the log ends at ${found.head}`);
    else if (entry === undefined) {
      if (offset > found.evicted) wrong.push(`${name}, and is not there`);
    } else if (entry.tag !== tag || entry.data !== data) wrong.push(`${name}, where ${entry.data.slice(0, 20)} is`);
  }
  const places = new Map(told.flatMap(({ key, offset }) => (key === undefined ? [] : [[key, offset]])));
  for (const { key, duplicate, offset } of found.again) {
    if (!duplicate || offset !== places.get(key)) wrong.push(`the key ${key} was forgotten: it is at ${offset} again`);
  }
  return wrong;
}
