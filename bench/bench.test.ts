import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quickPlan } from "./plan.ts";
import type { Results } from "./results.ts";
import { fanOutSides, memorySides, resumeSides } from "./sides/sides.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const run = promisify(execFile);
const names = (sides: readonly { readonly name: string }[]): string[] => sides.map(({ name }) => name);

describe("a quick run of the benchmark", () => {
  let folder: string;
  let report: string;
  let results: Results;
  let chart: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
    const file = join(folder, "results.json");
    report = (await run(process.execPath, [program, "--quick", "--output", file])).stdout;
    results = JSON.parse(await readFile(file, "utf8")) as Results;
    chart = await readFile(join(folder, "results.svg"), "utf8");
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true }));

  it.each(names(fanOutSides))("shows that %s delivers every event to everyone, in order", (name) => {
    const runs = results.fanOut.filter(({ side }) => side === name);
    expect(runs.map(({ load }) => load)).toEqual(quickPlan.loads);
    for (const { load, published, account } of runs) {
      expect(published.events).toBeGreaterThan(0);
      expect(published.failed).toBe(0);
      expect(account).toMatchObject({ lost: 0, outOfOrder: 0, outstanding: 0, closedEarly: 0 });
      expect(account.deliveries).toBe(published.events * load.subscribers);
    }
  });

  it.each(names(resumeSides))("shows that on %s everyone who comes back gets what was missed", (name) => {
    const resumed = results.resume.find(({ side }) => side === name);
    const { clients, missed } = quickPlan.resume;
    expect(resumed?.resumption).toMatchObject({ streams: clients, complete: clients });
    expect(resumed?.account).toMatchObject({
      deliveries: clients * (1 + 2 * missed),
      lost: 0,
      outOfOrder: 0,
      outstanding: 0,
    });
  });

  it("looks at each side's memory as it stands and after a full collection", () => {
    for (const name of names(memorySides)) {
      const looks = results.memory.filter(({ side }) => side === name);
      expect(looks.map(({ collected }) => collected)).toEqual([false, true]);
      for (const { bytes } of looks.flatMap(({ resident }) => resident)) expect(bytes).toBeGreaterThan(1_000_000);
    }
  });

  it("prints a table for each load, of memory and of resuming, with a row for each side, and the goals", () => {
    const [head, ...tables] = report.split(
      /\n(?=Durable|\S.*(?:deliveries\/s offered\)|slope between|cut at once|to reach$))/m,
    );
    expect(head).toContain(`node ${process.version}`);
    expect(tables.map(rowNames)).toEqual([
      ...quickPlan.loads.map(() => names(fanOutSides)),
      names(memorySides),
      names(resumeSides),
      ...["publish", "over HTTP", "resume", "workers"].map(() => expect.anything()),
      expect.anything(),
    ]);
    const { inFlight } = quickPlan.durable.publish;
    for (const title of ["Durable publish, events", "Durable publish over HTTP", "Durable resume", "Durable fan-out"]) {
      expect(tables.find((table) => table.startsWith(title))).toBeDefined();
    }
    expect(results.durable?.publish.map(({ inFlight: count }) => count)).toEqual(
      inFlight.flatMap((count) => [count, count, count]),
    );
    expect(tables.at(-1)).toMatch(/^idle connection, in use +tidings-serve +≤ 2\.00 kB +-?[\d.,]+ kB +(yes|NO)$/m);
  });

  it("draws a chart, with its figures as text", () => {
    expect(chart).toMatch(/^<svg [^>]*role="img"/);
    expect(chart).toMatch(/<desc id="desc">.*tidings-serve -?[\d.,]+ kB/);
    expect(chart).not.toMatch(/NaN|Infinity|undefined/);
  });
});

it("says what is wrong with an option, and runs nothing", async () => {
  await expect(run(process.execPath, [program, "--only", "tiding"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--only "tiding" is not one of'),
  });
});

function rowNames(table: string): string[] {
  const below = table.slice(table.indexOf("---"));
  return [...below.matchAll(/^([a-z][a-z-]*) {2,}/gm)].map(([, name = ""]) => name);
}
