import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { fixtures } from "../../packages/tidings/test/wire/fixtures.ts";
import { difference } from "./difference.ts";
import { sides } from "./sides.ts";

it("measures both parsers on every stream, once they found the same events in it", async () => {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, "--quick"]);
  const rows = stdout.slice(stdout.indexOf("---")).trimEnd().split("\n").slice(1);
  expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual(fixtures(0).map(({ name }) => name));
  for (const row of rows) expect(row).toMatch(/ \d+\.\d\d (\(\d+\.\d\d–\d+\.\d\d\))?$/);
});

it("tells where two parsers differ", () => {
  const event = { event: "message", data: "a", lastEventId: "1" };
  expect(difference([event], [{ ...event }])).toBeUndefined();
  for (const changed of [{ event: "b" }, { data: "b" }, { lastEventId: "" }])
    expect(difference([event, event], [event, { ...event, ...changed }])).toMatch(/^event 1 /);
  expect(difference([event], [])).toMatch(/^event 0 /);
  expect(difference([], [event])).toMatch(/^event 0 /);
});

it("sees in a pass what it compared", () => {
  for (const { chunks } of fixtures(10_000)) {
    const [ours, theirs] = sides.map((side) => side.pass(chunks));
    expect(ours).toBe(theirs);
  }
});
