import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { open, serve, stream } from "./scripted-server.ts";

const entry = join(import.meta.dirname, "../../src/client/index.ts");

/** A Node process with one source, which it does not close. */
function run(url: string, options: string): { output: () => string; exited: Promise<unknown> } {
  const program = `
    import { EventSource } from ${JSON.stringify(entry)};
    const source = new EventSource(${JSON.stringify(url)}, ${options});
    source.onmessage = ({ data }) => { console.log(data); if (data === "b") source.close(); };
    source.onerror = () => console.log("error", source.readyState);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--no-warnings", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { output: () => output, exited: once(child, "exit") };
}

test("a process lives while it waits for the next attempt", async () => {
  const { url } = await serve(stream("retry: 300\ndata: a\n\n"), open("data: b\n\n"));
  const { output, exited } = run(url, "{}");
  expect(await exited).toEqual([0, null]);
  expect(output()).toBe("a\nerror 0\nb\n");
});

test("with holdsProcess: false it ends", async () => {
  const { url, requests } = await serve(stream("retry: 60000\ndata: a\n\n"));
  const { output, exited } = run(url, "{ holdsProcess: false }");
  expect(await exited).toEqual([0, null]);
  expect(output()).toBe("a\nerror 0\n");
  expect(requests.length).toBe(1);
});
