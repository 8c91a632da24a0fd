import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { run } from "./command.ts";
import { publishTo, startHub, type RunningHub } from "./hub.ts";
import { openStream } from "./raw-connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A hub on a log of its own, with these numbers published to `a` and `b` in turns. */
async function hubWith(
  count: number,
  args: readonly string[] = [],
): Promise<{ hub: RunningHub; folder: string; ids: string[] }> {
  const folder = join(await temporaryFolder(), "log");
  const hub = await startHub(["--log", `lmdb:${folder}`, ...args]);
  const ids: string[] = [];
  for (let at = 1; at <= count; at += 1) ids.push(await publishTo(hub, at % 2 === 1 ? "a" : "b", String(at)));
  return { hub, folder, ids };
}

async function end(hub: RunningHub): Promise<void> {
  hub.kill("SIGTERM");
  expect(await hub.exited).toBe(0);
}

function dataIn(stdout: string): unknown[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { data: unknown }).data);
}

/** Flips one bit wherever this text stands in the log's file: a page that is not used any more may still have it, too. */
async function damage(folder: string, text: string): Promise<void> {
  const file = join(folder, "data.mdb");
  const bytes = await readFile(file);
  expect(bytes.includes(text)).toBe(true);
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text)) bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

test("info says what there is, beside a hub and without", async () => {
  const { hub, folder, ids } = await hubWith(3);
  const told = await run(["log", "info", folder]);
  expect(told.stdout).toContain(`head    ${ids[2]} of `);
  expect(told.stdout).toMatch(/^events {2}3\ntopics {2}2\n/m);
  expect(told.stdout).toMatch(/^open {4}yes: a hub runs on it\n/m);
  await end(hub);
  const json = await run(["log", "info", folder, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    epoch: ids[2]?.split("-")[0],
    head: ids[2],
    events: 3,
    topics: 2,
    inUse: false,
  });
});

test("read prints events, of a topic, after one, and no more than the limit: then where to go on", async () => {
  const { hub, folder, ids } = await hubWith(6);
  const read = (...args: string[]): ReturnType<typeof run> => run(["log", "read", folder, "--json", ...args]);
  expect(dataIn((await read()).stdout)).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(dataIn((await read("--topic", "a")).stdout)).toEqual(["1", "3", "5"]);
  expect(dataIn((await read("--after", ids[3] ?? "")).stdout)).toEqual(["5", "6"]);
  const bounded = await read("--limit", "2");
  expect(dataIn(bounded.stdout)).toEqual(["1", "2"]);
  expect(bounded.stderr).toBe(`There may be more: --after ${ids[1]}\n`);
  expect(JSON.parse(bounded.stdout.split("\n")[0] ?? "")).toMatchObject({
    id: ids[0],
    event: "message",
    topics: ["a"],
  });
  const readable = await run(["log", "read", folder, "--topic", "b", "--limit", "1"]);
  expect(readable.stdout).toMatch(
    new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}  ${ids[1]}  b  message  2\n$`),
  );
  await end(hub);
});

test("read tells of what the log no longer has, and refuses a place in another history", async () => {
  const { hub, folder, ids } = await hubWith(8, ["--max-events", "2"]);
  await expect
    .poll(async () => (await run(["log", "read", folder, "--after", ids[0] ?? ""])).stdout)
    .toMatch(/^gap: events may be missing here, after \S+ through \S+: the log no longer has them\n.*  7\n.*  8\n$/);
  await end(hub);
  const refused = await run(["log", "read", folder, "--after", "elsewhere-1-1"]);
  expect(refused).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: elsewhere-1-1 is not of/) as string,
  });
});

test("export then import gives a log in which a stream resumes, and a key is known", async () => {
  const { hub, folder, ids } = await hubWith(5);
  const output = join(await temporaryFolder(), "log.ndjson");
  expect(await run(["log", "export", folder, "--output", output])).toEqual({ code: 0, stdout: "", stderr: "" });
  await end(hub);
  const again = await run(["log", "export", folder, "--output", output]);
  expect(again).toMatchObject({ code: 1, stderr: `error: ${output} is there already: name another file.\n` });

  const copy = join(await temporaryFolder(), "copy");
  expect(await run(["log", "import", copy, "--input", output])).toEqual({ code: 0, stdout: "5 events\n", stderr: "" });
  expect((await run(["log", "export", copy])).stdout).toBe(await readFile(output, "utf8"));
  expect(await run(["log", "verify", copy])).toEqual({ code: 0, stdout: "5 events, all of them well\n", stderr: "" });
  const next = await startHub(["--log", `lmdb:${copy}`]);
  const stream = await openStream(next.port, `?topic=a&lastEventId=${ids[0]}`);
  expect(stream.received).not.toMatch(/tidings:(gap|reset)/);
  expect([...stream.received.matchAll(/^data: (\d)$/gm)].map(([, data]) => data)).toEqual(["3", "5"]);
});

test("import refuses a folder with a log, what is no export, and what was cut", async () => {
  const { hub, folder } = await hubWith(1);
  const { stdout } = await run(["log", "export", folder]);
  await end(hub);
  const into = async (input: string): Promise<string> => {
    const { code, stderr } = await run(["log", "import", join(await temporaryFolder(), "new")], { input });
    return `${code} ${stderr}`;
  };
  expect((await run(["log", "import", folder], { input: stdout })).stderr).toMatch(/^error: There is a log in .+\n$/);
  expect(await into("")).toMatch(/^1 error: .+\n$/);
  expect(await into('{"hello":"world"}\n')).toMatch(/^1 error: .+\n$/);
  expect(await into(stdout.slice(0, -10))).toMatch(
    /^1 error: Line 2 is not JSON: this is no export, or it was cut\.\n$/,
  );
  expect(await into(stdout.slice(0, stdout.indexOf("\n") + 1))).toMatch(
    /^1 error: .+ events 1 to 1 are missing, .+\n$/,
  );
});

test("the repair of a damaged log is one that verifies, and tells a gap where the event was", async () => {
  const { hub, folder, ids } = await hubWith(1);
  await publishTo(hub, "b", "a-rather-long-text");
  await publishTo(hub, "a", "after");
  await end(hub);
  await damage(folder, "rather-long");
  const { stdout, stderr } = await run(["log", "export", folder]);
  expect(stderr).toBe("One range of the log cannot be read; a line stands in the place of each.\n");
  const repaired = join(await temporaryFolder(), "repaired");
  expect(await run(["log", "import", repaired], { input: stdout })).toMatchObject({ code: 0, stdout: "2 events\n" });
  expect(await run(["log", "verify", repaired])).toEqual({
    code: 0,
    stdout: "3 events, all of them well but 1 that it was imported without: subscribers are told a gap there\n",
    stderr: "",
  });
  const next = await startHub(["--log", `lmdb:${repaired}`]);
  const stream = await openStream(next.port, `?topic=a&lastEventId=${ids[0]}`);
  expect(stream.received).toMatch(/event: tidings:gap\ndata: \{"reason":"corrupt"[^]*\ndata: after\n/);
});

test("a start on a log that is damaged names the command that says more, and those that repair", async () => {
  const { hub, folder } = await hubWith(1);
  await end(hub);
  await writeFile(join(folder, "data.mdb"), Buffer.alloc(64 * 1024, 0xff));
  // It was killed; no process has this number.
  await writeFile(join(folder, `open.${2 ** 30}.before.x`), "");
  const { code, stderr } = await run(["serve", "--port", "0", "--log", `lmdb:${folder}`]);
  expect(code).toBe(1);
  for (const name of ["verify", "export", "import"]) expect(stderr).toContain(`tidings log ${name}`);
});

test.runIf(existsSync("/dev/full")).each(["info", "read", "verify", "export"])(
  "%s says that what it prints could not be written",
  async (name) => {
    const { hub, folder } = await hubWith(1);
    await end(hub);
    const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
    const full = spawn("sh", ["-c", 'exec "$@" > /dev/full', "sh", process.execPath, program, "log", name, folder]);
    let stderr = "";
    full.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    expect(await new Promise((resolve) => full.on("close", resolve))).toBe(1);
    expect(stderr).toMatch(/^error: The standard output cannot be written: .*ENOSPC.*\n$/);
  },
);

test("verify finds a byte that was flipped, says where, and exits with 2; read tells a gap there", async () => {
  const { hub, folder, ids } = await hubWith(1);
  await publishTo(hub, "a", "a-rather-long-text");
  await publishTo(hub, "a", "after");
  expect(await run(["log", "verify", folder])).toEqual({ code: 0, stdout: "3 events, all of them well\n", stderr: "" });
  await end(hub);
  await damage(folder, "rather-long");
  const { code, stdout, stderr } = await run(["log", "verify", folder]);
  expect(code).toBe(2);
  expect(stdout).toContain(`unreadable: after ${ids[0]} through `);
  expect(stderr).toMatch(/^error: The log is damaged: /);
  const read = await run(["log", "read", folder]);
  expect(read.code).toBe(0);
  expect(read.stdout).toMatch(/  1\ngap: events may be missing here, after .*: the log cannot read them\n.*  after\n$/);
});

test("compact makes the file smaller, and keeps every event; beside a hub it is refused", async () => {
  const { hub, folder } = await hubWith(2, ["--max-bytes", "40KiB"]);
  for (let at = 0; at < 40; at += 1) await publishTo(hub, "c", "x".repeat(30_000));
  const refused = await run(["log", "compact", folder]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: .+\n$/);
  await end(hub);
  const before = (await run(["log", "export", folder])).stdout;
  const { code, stdout } = await run(["log", "compact", folder]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^[\d.]+ [KM]iB before, [\d.]+ [KM]iB now\n$/);
  expect((await run(["log", "export", folder])).stdout).toBe(before);
  await end(await startHub(["--log", `lmdb:${folder}`]));
});

test.each(["info", "read", "verify", "compact", "export"])(
  "%s of a folder without a log says so, and makes none",
  async (name) => {
    const folder = join(await temporaryFolder(), "nothing");
    const { code, stdout, stderr } = await run(["log", name, folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`error: There is no log in ${folder}\n`);
    expect(existsSync(folder)).toBe(false);
  },
);

test("on a terminal, long work shows how far it is on one line, and takes it away in the end", async () => {
  const { hub, folder } = await hubWith(0);
  const batch = Array.from({ length: 1_000 }, (_, index) => ({ topic: "a", data: String(index) }));
  for (let times = 0; times < 3; times += 1) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${hub.url}/publish`, { method: "POST", headers, body: JSON.stringify(batch) });
    expect(answer.status).toBe(200);
  }
  await end(hub);
  const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const output = join(await temporaryFolder(), "log.ndjson");
  // script gives the command a terminal.
  const command = `${process.execPath} ${program} log export ${folder} --output ${output}`;
  const terminal = spawn("script", ["-qec", command, "/dev/null"]);
  let shown = "";
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
  expect(await new Promise((resolve) => terminal.on("close", resolve))).toBe(0);
  const [, ...drawn] = shown.split("\r\u001b[2K");
  expect(drawn.at(-1)).toBe("");
  expect(drawn.length).toBeGreaterThan(1);
  for (const line of drawn.slice(0, -1))
    expect(line).toMatch(/^exporting {2}\d+ % {2}[\d,]+ of 3,000 events {2}[\d,]+\/s$/);
  expect((await readFile(output, "utf8")).trimEnd().split("\n")).toHaveLength(3_001);
});
