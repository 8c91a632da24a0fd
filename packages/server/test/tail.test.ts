import { type ServerResponse, createServer } from "node:http";

import { expect, onTestFinished, test } from "vitest";

import { run, start } from "./command.ts";
import { publishTo, startHub } from "./hub.ts";

const LIVE = /live: from here on/;

async function startServer(
  answer: (res: ServerResponse, lastEventId: string | undefined, count: number) => void,
): Promise<string> {
  let count = 0;
  const server = createServer((req, res) => answer(res, req.headers["last-event-id"]?.toString(), (count += 1)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

function stream(res: ServerResponse, text: string): void {
  res.writeHead(200, { "Content-Type": "text/event-stream" }).write(text);
}

test("what is published is printed as a line with time, topic, name and data", async () => {
  const hub = await startHub();
  const tail = start(["tail", hub.url, "--topic", "demo/*", "--topic", "a"]);
  await tail.until("stderr", LIVE);
  await run(["publish", "demo/chat", '{"text":"hello"}', "--event", "said", "--url", hub.url]);
  await publishTo(hub, "elsewhere", "not asked for");
  await publishTo(hub, "a", "two\nlines");
  await tail.until("stdout", /lines\n/);
  tail.kill("SIGINT");
  expect(await tail.exited).toBe(0);
  const time = String.raw`\d\d:\d\d:\d\d\.\d{3}`;
  expect(tail.stdout).toMatch(
    new RegExp(`^${time}  demo/chat  said  {"text":"hello"}\n${time}  a  message  two\n    lines\n$`),
  );
});

test("with --json each event is one object on a line, and the URL may be that of the stream", async () => {
  const hub = await startHub();
  const tail = start(["tail", `${hub.url}/events?topic=a`, "--json"]);
  await tail.until("stderr", LIVE);
  const id = await publishTo(hub, "a", { n: 1 });
  await tail.until("stdout", /\n/);
  tail.kill("SIGTERM");
  expect(await tail.exited).toBe(0);
  expect(JSON.parse(tail.stdout)).toEqual({ id, event: "message", topics: ["a"], data: '{"n":1}' });
});

test("without a topic it follows the topic default", async () => {
  const hub = await startHub();
  const tail = start(["tail", hub.url, "--json"]);
  await tail.until("stderr", LIVE);
  await publishTo(hub, "default", "hello");
  await tail.until("stdout", /"topics":\["default"\],"data":"hello"/);
});

test("--from and --last-event-id say where it starts", async () => {
  const hub = await startHub();
  const [first] = [await publishTo(hub, "a", "1"), await publishTo(hub, "a", "2"), await publishTo(hub, "a", "3")];
  const printed = async (...options: string[]): Promise<unknown[]> => {
    const tail = start(["tail", hub.url, "--topic", "a", "--json", ...options]);
    await tail.until("stderr", LIVE);
    tail.kill("SIGINT");
    await tail.exited;
    const lines = tail.stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => (JSON.parse(line) as { data: string }).data);
  };
  expect(await printed("--from", "earliest")).toEqual(["1", "2", "3"]);
  expect(await printed("--from", "last:2")).toEqual(["2", "3"]);
  expect(await printed("--last-event-id", first)).toEqual(["2", "3"]);
});

test("it resumes across a restart of the hub, and shows that the history is another one", async () => {
  const hub = await startHub(["--drain", "2s"]);
  const tail = start(["tail", hub.url, "--topic", "a"]);
  await tail.until("stderr", LIVE);
  await publishTo(hub, "a", "before");
  await tail.until("stdout", /before\n/);
  hub.kill("SIGTERM");
  await hub.exited;
  const next = await startHub(["--port", String(hub.port)]);
  await publishTo(next, "a", "after");
  await tail.until("stdout", /after\n/);
  expect(tail.stdout).toMatch(/before\n.*reset: from here on another history.*\n.*after\n$/);
  expect(tail.stderr).toMatch(/Trying again in [\d.]+ s/);
}, 30_000);

test("events that the log no longer has are confessed as a gap", async () => {
  const hub = await startHub(["--max-events", "1"]);
  const first = await publishTo(hub, "a", "1");
  await publishTo(hub, "a", "2");
  await publishTo(hub, "a", "3");
  const tail = start(["tail", hub.url, "--topic", "a", "--last-event-id", first]);
  await tail.until("stdout", /message  3\n/);
  expect(tail.stdout).toMatch(
    /^\S+  gap: events may be missing here, after \S+ through \S+: the log no longer has them\n.*  3\n$/,
  );
});

test("a connection that is lost is made again with the last id, after the time that the server gave", async () => {
  const ids: (string | undefined)[] = [];
  let cut = (): void => undefined;
  const url = await startServer((res, lastEventId, count) => {
    ids.push(lastEventId);
    cut = () => res.destroy();
    stream(res, `retry: 250\nid: ü${count}\ndata: ${count}\n\nid: half\ndata: half`);
    if (count === 1) res.end();
  });
  const tail = start(["tail", url, "--json"]);
  await tail.until("stdout", /"data":"2"/);
  cut();
  await tail.until("stdout", /"data":"3"/);
  expect(ids.map((id) => id && Buffer.from(id, "latin1").toString())).toEqual([undefined, "ü1", "ü2"]);
  expect(tail.stdout).not.toContain("half");
});

test("a server that has fallen silent is left after two and a half of its heartbeats", async () => {
  const ids: (string | undefined)[] = [];
  const url = await startServer((res, lastEventId) => {
    ids.push(lastEventId);
    stream(res, 'retry: 250\nid: 7\nevent: tidings:cursor\ndata: {"heartbeat":200}\n\n');
  });
  const tail = start(["tail", url]);
  await tail.until("stderr", /nothing came for 0\.5 s[^]*connected[^]*resuming/);
  expect(ids.slice(0, 2)).toEqual([undefined, "7"]);
  expect(tail.stdout).toBe("");
});

test("it tries again after 5xx and while nobody listens, and waits longer each time", async () => {
  const url = await startServer((res, _id, count) => {
    if (count === 1) stream(res, "retry: 250\n\ndata: x\n\n");
    if (count === 1) res.end();
    else if (count < 4) res.writeHead(502).end();
    else stream(res, "data: back\n\n");
  });
  const tail = start(["tail", url]);
  await tail.until("stdout", /back\n/);
  expect(tail.stderr.match(/answered 502\. Trying again/g)).toHaveLength(2);
});

test("a refusal stops it with what the server says", async () => {
  const hub = await startHub();
  const { code, stderr } = await run(["tail", hub.url, "--topic", "$hub/x"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: Not a topic: .+ \(400 bad-topic\)\n$/);
});

test("204 ends it, and no event stream is a failure", async () => {
  const over = await startServer((res) => res.writeHead(204).end());
  expect(await run(["tail", over])).toMatchObject({ code: 0, stderr: expect.stringContaining("204") as string });
  const page = await startServer((res) => res.writeHead(200, { "Content-Type": "text/event-streamx" }).end("<h1>"));
  const { code, stderr } = await run(["tail", page]);
  expect(code).toBe(1);
  expect(stderr).toContain("is no event stream");
});

test("it ends without a word of complaint when nobody reads its output any more", async () => {
  const hub = await startHub();
  const tail = start(["tail", hub.url, "--topic", "a"]);
  await tail.until("stderr", LIVE);
  tail.hangUp();
  await publishTo(hub, "a", "1");
  await publishTo(hub, "a", "2");
  expect(await tail.exited).toBe(0);
  expect(tail.stderr).not.toMatch(/EPIPE|error/);
});

test("escape sequences in an event do not reach the terminal", async () => {
  const hub = await startHub();
  const tail = start(["tail", hub.url, "--topic", "a"]);
  await tail.until("stderr", LIVE);
  await publishTo(hub, "a", "\u001b[2Jgone\u202e");
  await tail.until("stdout", /gone/);
  expect(tail.stdout).toContain(String.raw`\u001b[2Jgone\u202e`);
});

test("there is no colour where there is no terminal", async () => {
  const hub = await startHub();
  const tail = start(["tail", hub.url, "--topic", "a"], { env: { FORCE_COLOR: "1" } });
  await tail.until("stderr", LIVE);
  await publishTo(hub, "a", "plain");
  await tail.until("stdout", /plain\n/);
  expect(tail.stdout + tail.stderr).not.toContain("\u001b");
});
