import { openSync, writeSync } from "node:fs";

import { Chance } from "../../chance.ts";
import { draft, openLog, type Opening } from "./opened.ts";
import type { Told } from "./trace.ts";

/** What the writer is told, as JSON in its first argument. */
export interface Writing extends Opening {
  readonly seed: number;
  readonly publishers: number;
  /** Where it writes down what the log told it. That file is not on the broken disk, and a kill leaves it whole. */
  readonly trace: string;
}

const { seed, publishers, trace, ...opening } = JSON.parse(process.argv[2] ?? "") as Writing;
const file = openSync(trace, "a");
const tell = (told: readonly Told[]): void => {
  if (told.length > 0) writeSync(file, told.map((each) => `${JSON.stringify(each)}\n`).join(""));
};

const log = await openLog(opening);
const { head } = await log.ends();
void follow();
await Promise.all(
  Array.from({ length: publishers }, (_, index) => publish(`${seed}.${index}`, new Chance(seed + index))),
);

async function follow(): Promise<void> {
  const { epoch } = head;
  for await (const told of log.follow(head, new AbortController().signal)) {
    if (told.reset) throw new Error("A log that no one else writes to was reset");
    tell(told.entries.map(({ offset, tag, data }) => ({ how: "followed", epoch, offset, tag, data })));
  }
}

async function publish(name: string, chance: Chance): Promise<void> {
  for (let number = 0; ;) {
    const drafts = Array.from({ length: chance.pick([1, 1, 1, 2, 8, 40]) }, () => {
      const id = `${name}.${number++}`;
      const data = `${id} ${"x".repeat(chance.pick([0, 20, 200, 200, 3_000, 20_000]))}`;
      return draft(`t/${chance.between(0, 30)}`, data, chance.happens(0.3) ? id : undefined);
    });
    const answers = await log.append(drafts);
    tell(
      answers.map(({ position: { epoch, offset, tag } }, index): Told => {
        const { data = "", key } = drafts[index] ?? {};
        return { how: "acknowledged", epoch, offset, tag, data, key: key?.id };
      }),
    );
    if (number === 0 || chance.happens(0.05))
      await new Promise((resolve) => setTimeout(resolve, chance.between(0, 20)));
  }
}
