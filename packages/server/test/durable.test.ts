import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { run, start } from "./command.ts";
import { publishTo, startHub, type RunningHub } from "./hub.ts";
import { openStream } from "./raw-connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function post(hub: RunningHub, body: object): Promise<{ status: number; answer: Record<string, unknown> }> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${hub.url}/publish`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

test("by default the log is in .tidings of the working directory, and an answer says that it is on disk", async () => {
  const cwd = await temporaryFolder();
  const hub = start(["serve", "--port", "0"], { cwd });
  const [, url = ""] = await hub.until("stdout", /^Tidings is ready on (\S+) \(log: \.tidings, fsync\)\n/);
  const { stdout } = await run(["publish", "a", "x", "--json", "--url", url]);
  expect(JSON.parse(stdout)).toMatchObject({ durability: "fsync" });
  expect(existsSync(join(cwd, ".tidings"))).toBe(true);
  hub.kill("SIGTERM");
  expect(await hub.exited).toBe(0);
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "after %s and a new start a stream resumes without a gap or a reset, and a key is still known",
  async (signal) => {
    const log = ["--log", `lmdb:${await temporaryFolder()}`];
    const hub = await startHub(log);
    const stream = await openStream(hub.port, "?topic=a");
    const first = await publishTo(hub, "a", "1");
    const second = await post(hub, { topic: "a", data: "2", idempotencyKey: "k" });
    await stream.until(/data: 2\n/);
    hub.kill(signal);
    await hub.exited;

    const next = await startHub([...log, "--port", String(hub.port)]);
    const third = await publishTo(next, "a", "3");
    const resumed = await openStream(next.port, `?topic=a&lastEventId=${first}`);
    await resumed.until(/data: 3\n/);
    expect(resumed.received).not.toMatch(/tidings:(gap|reset)/);
    const ids = [...resumed.received.matchAll(/^id: (\S+)\ntopic: a\ndata: (.*)$/gm)].map(([, id, data]) => [id, data]);
    expect(ids).toEqual([
      [second.answer["id"], "2"],
      [third, "3"],
    ]);
    expect(await post(next, { topic: "a", data: "2", idempotencyKey: "k" })).toEqual({
      status: 200,
      answer: { ...second.answer, duplicate: true },
    });
    expect((await post(next, { topic: "a", data: "other", idempotencyKey: "k" })).status).toBe(409);
  },
);

test("--durability commit is what the line and the answers say", async () => {
  const folder = await temporaryFolder();
  const hub = await startHub(["--log", `lmdb:${folder}`, "--durability", "commit"]);
  expect(hub.stdout).toContain(`(log: ${folder}, commit)\n`);
  expect((await post(hub, { data: "x" })).answer).toMatchObject({ durability: "commit" });
});

test("retention is what the options say, on disk too", async () => {
  const hub = await startHub(["--log", `lmdb:${await temporaryFolder()}`, "--max-events", "2"]);
  const first = await publishTo(hub, "a", "1");
  for (const data of ["2", "3", "4"]) await publishTo(hub, "a", data);
  await expect
    .poll(async () => {
      const stream = await openStream(hub.port, `?topic=a&lastEventId=${first}`);
      stream.close();
      return stream.received;
    })
    .toMatch(/event: tidings:gap\n[^]*data: 3\n[^]*data: 4\n/);
});

test("a folder that cannot be a log is one clear line and exit code 1", async () => {
  const { code, stdout, stderr } = await run(["serve", "--port", "0", "--log", "lmdb:/dev/null/log"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: The log in \/dev\/null\/log cannot be opened: .+\n$/);
});
