import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { commandsOf, fencesOf } from "./fences.ts";
import { freePort } from "./free-port.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";

const root = join(import.meta.dirname, "..");

/** Commands that get Tidings onto a machine: whoever runs this test has done that. */
const INSTALLATION = /^(git clone|cd|npm (i|install)) /;

test("the README's commands do what it says, in its order", { timeout: 120_000 }, async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const shell = fencesOf(readme).filter((fence) => fence.language === "sh");
  const commands = shell.flatMap((fence) => commandsOf(fence.text)).filter((command) => !INSTALLATION.test(command));
  expect(commands[0]).toBe("npm start");

  // The one thing that is changed in them, so that a hub that someone runs on port 3000 is not in the way.
  const port = await freePort();
  // And where its log is: an event that an earlier run has published under the same key would be published no more.
  const folder = await mkdtemp(join(tmpdir(), "tidings-readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = { TIDINGS_PORT: String(port), TIDINGS_URL: `http://localhost:${port}`, TIDINGS_LOG: `lmdb:${folder}` };
  const hub = startGroup("npm", ["start"], { cwd: root, env });
  await hub.until(new RegExp(`http://localhost:${port}\\b`));

  // Hears everything, so that what the README publishes is seen to arrive even where no command of it listens.
  const witness = startGroup("curl", ["-sN", `http://localhost:${port}/events?topic=**`], { cwd: root });
  await witness.until(/tidings:live/);

  const listeners: ProcessGroup[] = [];
  const published: { id: string; data: string }[] = [];
  for (const command of commands.slice(1)) {
    const line = command.replaceAll("localhost:3000", `localhost:${port}`).replaceAll("<id>", published[0]?.id ?? "");
    const running = startGroup("sh", ["-c", line], { cwd: root, env });
    if (/^(curl -N|npx tidings tail)/.test(command)) {
      listeners.push(running);
      await running.until(/\blive\b/);
    } else {
      expect(command).toMatch(/^(curl|npx tidings publish) /);
      expect(await running.exited, running.output).toBe(0);
      published.push({ id: idIn(running.output), data: dataOf(command) });
    }
  }

  expect(published).not.toEqual([]);
  expect(listeners).not.toEqual([]);
  for (const { id, data } of published) {
    await expect.poll(() => witness.output).toMatch(new RegExp(`^id: ${id}\\n[^]*^data: ${RegExp.escape(data)}$`, "m"));
  }
  for (const listener of listeners) {
    const heard = (): boolean => published.some(({ data }) => listener.output.includes(data));
    await expect.poll(heard, { message: listener.output }).toBe(true);
  }
});

/** The id of an event, in the answer to its publication: as JSON from the hub, alone from the command. */
function idIn(answer: string): string {
  const id = /"id":\s*"([^"]+)"/.exec(answer)?.[1] ?? /^([\w.-]+)\s*$/m.exec(answer)?.[1];
  if (id === undefined) throw new Error(`This is no answer to a publication: ${answer}`);
  return id;
}

/** What a publishing command publishes, as a subscriber sees it. */
function dataOf(command: string): string {
  const text = /^npx tidings publish \S+ (?:'([^']*)'|(\S+))/.exec(command);
  if (text !== null) return text[1] ?? text[2] ?? "";
  const { data } = JSON.parse(/ -d '([^']+)'/.exec(command)?.[1] ?? "") as { data: unknown };
  return typeof data === "string" ? data : JSON.stringify(data);
}
