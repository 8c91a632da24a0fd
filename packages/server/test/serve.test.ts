import { createServer } from "node:net";

import { expect, test } from "vitest";

import { run, start } from "./command.ts";
import { publishTo, startHub } from "./hub.ts";
import { openStream } from "./raw-connection.ts";

test("it says in one line where it is ready, and nothing else on stdout", async () => {
  const hub = await startHub();
  await openStream(hub.port);
  await publishTo(hub, "a", "hello");
  await fetch(`${hub.url}/nowhere`);
  hub.kill("SIGTERM");
  expect(await hub.exited).toBe(0);
  expect(hub.stdout).toBe(`Tidings is ready on http://localhost:${hub.port} (log: memory)\n`);
});

test("it answers that it lives and that it is ready", async () => {
  const hub = await startHub();
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
});

test("what is published reaches a subscriber with its id, topic, name and data", async () => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  const response = await fetch(`${hub.url}/publish`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"topic":"a","event":"greeting","data":{"hello":"world"}}',
  });
  const { id } = (await response.json()) as { id: string };
  await stream.until(new RegExp(`id: ${id}\nevent: greeting\ntopic: a\ndata: {"hello":"world"}\n\n`));
});

test("it logs JSON lines on stderr that hold no payload, query or header", async () => {
  const hub = await startHub(["--log-level", "debug"]);
  await openStream(hub.port, "?topic=secret-topic&lastEventId=secret-id");
  await publishTo(hub, "secret-topic", "secret-payload");
  await fetch(`${hub.url}/events?topic=%00secret-topic`, { headers: { Authorization: "secret-header" } });
  hub.kill("SIGTERM");
  await hub.exited;
  const lines = hub.stderr.trimEnd().split("\n");
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toContain("ready");
  expect(messages).toContain("stopped");
  expect(hub.stderr).not.toContain("secret");
});

test("an option can be given as an environment variable, and a flag beats it", async () => {
  const hub = await startHub(["--heartbeat", "700ms"], { TIDINGS_HEARTBEAT: "5m", TIDINGS_PORT: "0" });
  const stream = await openStream(hub.port);
  expect(stream.received).toContain('data: {"heartbeat":700}\n');
});

test("a variable that is empty is as good as none, and a switch may say no", async () => {
  const hub = await startHub([], { TIDINGS_HEARTBEAT: "", TIDINGS_ANONYMOUS: "false", TIDINGS_DEMO: "0" });
  const stream = await openStream(hub.port);
  expect(stream.received).toContain('data: {"heartbeat":15000}\n');
  const refused = await run(["serve", "--host", "0.0.0.0", "--port", "0"], { env: { TIDINGS_ANONYMOUS: "no" } });
  expect(refused.code).toBe(1);
});

test.for([
  [["--compress"], {}, "gzip"],
  [[], { TIDINGS_COMPRESS: "true" }, "gzip"],
  [[], { TIDINGS_COMPRESS: "no" }, null],
  [[], {}, null],
] as const)("with %j and %j a stream to a client of gzip has the encoding %j", async ([args, env, encoding]) => {
  const hub = await startHub(args, env);
  const response = await fetch(`${hub.url}/events?topic=a`, { headers: { "Accept-Encoding": "gzip" } });
  expect(response.headers.get("content-encoding")).toBe(encoding);
  expect(response.headers.get("vary")).toBe(encoding === null ? null : "Accept-Encoding");
  const { value } = (await response.body?.pipeThrough(new TextDecoderStream()).getReader().read()) ?? {};
  expect(value).toMatch(/^id: \S+\nevent: tidings:cursor\n/);
});

test("a list in a variable is separated by commas", async () => {
  const hub = await startHub([], { TIDINGS_ORIGIN: "https://a.example, https://b.example" });
  for (const origin of ["https://a.example", "https://b.example"]) {
    const response = await fetch(`${hub.url}/healthz`, { headers: { Origin: origin } });
    expect(response.status).toBe(200);
    const stream = await fetch(`${hub.url}/events`, { headers: { Origin: origin } });
    expect(stream.headers.get("Access-Control-Allow-Origin")).toBe(origin);
    await stream.body?.cancel();
  }
});

test("retention is what the options say", async () => {
  const hub = await startHub(["--max-events", "2"]);
  const first = await publishTo(hub, "a", "1");
  for (const data of ["2", "3", "4"]) await publishTo(hub, "a", data);
  const stream = await openStream(hub.port, `?topic=a&lastEventId=${first}`);
  expect(stream.received).toMatch(/event: tidings:gap\n[^]*data: 3\n[^]*data: 4\n/);
  expect(stream.received).not.toContain("data: 2\n");
});

test("a port in use is one clear line and exit code 1", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const refused = await run(["serve", "--log", "memory", "--port", String(port)]);
  other.close();
  expect(refused).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: Port ${port} on 127.0.0.1 is in use: another program listens there. Give another --port, or 0 for a free one.\n`,
  });
});

test("an address that this machine does not have is one clear line and exit code 1", async () => {
  const refused = await run(["serve", "--log", "memory", "--host", "192.0.2.1", "--port", "0", "--anonymous"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: This machine does not have the address 192\.0\.2\.1\..*\n$/);
});

test.each(["0.0.0.0", "::", "192.0.2.1", "hub.example.com"])(
  "it refuses to listen openly on %s unasked",
  async (host) => {
    const refused = await run(["serve", "--host", host, "--port", "0"]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toMatch(/^error: .*can be reached from other machines.*--anonymous.*\n$/);
  },
);

test("with --anonymous it listens on every address", async () => {
  const hub = await startHub(["--host", "0.0.0.0", "--anonymous"]);
  const foreign = await fetch(`http://127.0.0.1:${hub.port}/healthz`);
  expect(foreign.status).toBe(200);
});

test("a Node that is too old is told which one is needed", async () => {
  const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.19.0"})';
  const refused = start(["serve"], { node: ["--import", older] });
  expect(await refused.exited).toBe(1);
  expect(refused.stderr).toMatch(/^error: Tidings needs Node 22\.12 or newer, and this is Node 20\.19\.0 .*\n$/);
});
