import { createServer } from "node:http";

import { expect, onTestFinished, test } from "vitest";

import { run } from "./command.ts";
import { startHub } from "./hub.ts";
import { openStream } from "./raw-connection.ts";

test.each([
  ['{"text":"hello"}', 'data: {"text":"hello"}\n'],
  ['{ "n" : 12345678901234567890 }', 'data: { "n" : 12345678901234567890 }\n'],
  ["hello", "data: hello\n"],
  ['"quoted"', 'data: "quoted"\n'],
  ["null", "data: null\n"],
  ["1e999", "data: 1e999\n"],
  ["", "data:\n"],
  ["zwei\nZeilen ü", "data: zwei\ndata: Zeilen ü\n"],
])("the data %j arrives as it was given", async (data, lines) => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  const { code, stdout } = await run(["publish", "a", data, "--url", hub.url]);
  expect(code).toBe(0);
  await stream.until(/topic: a\n[^]*\n\n/);
  expect(stream.received).toContain(`id: ${stdout.trim()}\ntopic: a\n${lines}\n`);
});

test("- reads the data from the standard input, byte for byte", async () => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  const { code } = await run(["publish", "a", "-", "--url", hub.url], { input: "from a pipe\n" });
  expect(code).toBe(0);
  await stream.until(/data: from a pipe\ndata:\n\n/);
  const refused = await run(["publish", "a", "-", "--url", hub.url], { input: Uint8Array.of(0x61, 0xff) });
  expect(refused).toMatchObject({ code: 1, stderr: "error: The standard input is not UTF-8, and events are text.\n" });
});

test("data that begins with a hyphen can follow --", async () => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  expect((await run(["publish", "--url", hub.url, "--", "a", "-5"])).code).toBe(0);
  await stream.until(/data: -5\n/);
});

test("the event's name goes with it, and the whole answer is printed with --json", async () => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  const { stdout } = await run(["publish", "a", "x", "--event", "greeting", "--json"], {
    env: { TIDINGS_URL: hub.url },
  });
  const answer = JSON.parse(stdout) as { id: string };
  expect(answer).toEqual({ id: answer.id, durability: "memory" });
  await stream.until(new RegExp(`id: ${answer.id}\nevent: greeting\n`));
});

test("the same key again publishes nothing twice, and with other data it is a conflict", async () => {
  const hub = await startHub();
  const first = await run(["publish", "a", "x", "--key", "k", "--json", "--url", hub.url]);
  const again = await run(["publish", "a", "x", "--key", "k", "--json", "--url", hub.url]);
  expect(JSON.parse(again.stdout)).toEqual({ ...(JSON.parse(first.stdout) as object), duplicate: true });
  const conflict = await run(["publish", "a", "y", "--key", "k", "--url", hub.url]);
  expect(conflict.code).toBe(1);
  expect(conflict.stderr).toMatch(/^error: Not published\. .+ \(409 conflict\)\n$/);
});

test("what the hub refuses is told with title, detail and code", async () => {
  const hub = await startHub();
  const { code, stdout, stderr } = await run(["publish", "a/*", "x", "--url", hub.url]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: Not published\. Not a topic: .+ \(400 bad-topic\)\n$/);
});

test("where no hub answers it says how to start one", async () => {
  const hub = await startHub();
  hub.kill("SIGTERM");
  await hub.exited;
  const { code, stderr } = await run(["publish", "a", "x", "--url", hub.url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: No hub answers at http:\/\/localhost:\d+\. .*tidings serve.*\n$/);
});

test("where something else answers it does not pretend that it has published", async () => {
  const other = createServer((_req, res) => res.end("<h1>Welcome</h1>"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { code, stdout, stderr } = await run(["publish", "a", "x", "--url", `http://127.0.0.1:${port}`]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^error: What answers at .* is no hub/);
});

test.each([["ftp://localhost"], ["localhost:3000"], ["nonsense"]])("the URL %s is refused", async (url) => {
  const { code, stderr } = await run(["publish", "a", "x", "--url", url]);
  expect(code).toBe(1);
  expect(stderr).toContain("such as http://localhost:3000");
});
