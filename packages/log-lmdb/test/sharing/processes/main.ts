// One of those who share a folder: publishes, follows, and says on its standard output what happened, a line of JSON each.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { HubError, noLogger, type Draft } from "tidings/log";
import { lmdbLog } from "../../../src/lmdb-log.ts";
import { digest } from "./digest.ts";
import type { Said } from "./member.ts";

const [folder = "", name = "", inFlight = "16"] = process.argv.slice(2);
const claims = { ...noLogger, info: (_: object, message: string) => say({ appends: !message.includes("no longer") }) };
const log = lmdbLog({ path: folder, logger: claims });
const stop = new AbortController();
const published = new Set<Promise<void>>();
let next = 0;

function say(said: Said): void {
  // Synchronously: what was said before a kill was heard.
  writeSync(1, `${JSON.stringify(said)}\n`);
}

/** Every other event has a key, and is published until it is acknowledged. Of the others, what is unknown is said. */
async function publish(number: number): Promise<void> {
  const data = `${name}:${number}`;
  const key = number % 2 === 0 ? { id: data, payload: data } : undefined;
  const draft: Draft = { topics: [name], event: undefined, data, key, private: false, audience: undefined };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [answer] = await log.append([draft]);
      if (answer === undefined) throw new Error("no answer");
      const { head } = await log.ends();
      if (head.offset < answer.position.offset) say({ wrong: `${data} was answered, and is beyond the head` });
      return say({ acknowledged: data, offset: answer.position.offset, tag: answer.position.tag, attempt });
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "log-failed") say({ wrong: String(error) });
      if (key === undefined) return say({ unknown: data });
    }
  }
}

async function publishUntilStopped(): Promise<void> {
  while (!stop.signal.aborted) await publish(next++);
}

async function follow(): Promise<void> {
  const { head } = await log.ends();
  let through = 0;
  let sum = 0;
  for await (const told of log.follow({ epoch: head.epoch, offset: 0, tag: 0 }, new AbortController().signal)) {
    if (told.reset) return say({ wrong: "a reset" });
    for (const entry of told.entries) {
      if (entry.offset !== through + 1) say({ wrong: `${entry.offset} after ${through}` });
      through = entry.offset;
      sum = digest(sum, entry);
    }
    say({ heard: through, digest: sum });
  }
}

async function publishOnce(data: string, key: Draft["key"]): Promise<void> {
  const draft: Draft = { topics: [name], event: undefined, data, key, private: false, audience: undefined };
  try {
    const [answer] = await log.append([draft]);
    if (answer !== undefined) say({ once: data, offset: answer.position.offset, duplicate: answer.duplicate });
  } catch (error) {
    say({ once: data, error: error instanceof HubError ? error.code : String(error) });
  }
}

void follow();
for (let index = 0; index < Number(inFlight); index += 1) published.add(publishUntilStopped());

for await (const line of createInterface(process.stdin)) {
  if (line === "stop") {
    stop.abort();
    await Promise.all(published);
    say({ stopped: true });
  } else if (line.startsWith("plain ")) {
    void publishOnce(line.slice(6), undefined);
  } else if (line.startsWith("keyed ")) {
    void publishOnce(line.slice(6), { id: line.slice(6), payload: line.slice(6) });
  } else if (line === "close") {
    await log.close();
    break;
  }
}
process.stdin.destroy();
