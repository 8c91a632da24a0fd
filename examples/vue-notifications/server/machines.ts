import type { Hub } from "tidings";

import { type Events, type Notice, PEOPLE } from "../src/events.ts";

type Saying = Pick<Notice, "kind" | "title" | "text">;

const SAYINGS: readonly [Saying, ...Saying[]] = [
  { kind: "success", title: "Backup finished", text: "4.2 GB in 38 s" },
  { kind: "info", title: "A new reader joined", text: "12 are here now" },
  { kind: "warning", title: "The disk is filling up", text: "9 % are left" },
  { kind: "error", title: "Build failed", text: "2 of 318 tests" },
  { kind: "info", title: "Review asked for", text: "fix(hub): send the gap once" },
  { kind: "success", title: "Deployed", text: "version 1.4.2 is everywhere" },
];

/** Says something to each, and then to somebody every few seconds. Answers what ends it. */
export function startMachines(hub: Hub<Events>): () => void {
  let said = 0;
  let timer: NodeJS.Timeout | undefined;

  async function say(person: string): Promise<void> {
    const saying = SAYINGS[said % SAYINGS.length] ?? SAYINGS[0];
    said += 1;
    await hub.publish(`people/${person}`, { event: "notice", data: { ...saying, at: Date.now() } });
  }

  async function begin(): Promise<void> {
    for (const person of [...PEOPLE, ...PEOPLE]) await say(person);
    wait();
  }

  function wait(): void {
    const person = PEOPLE[Math.floor(Math.random() * PEOPLE.length)] ?? PEOPLE[0];
    timer = setTimeout(() => void say(person).then(wait, closed), 1_000 + 3_000 * Math.random());
  }

  void begin().catch(closed);
  return () => clearTimeout(timer);
}

/** A hub that was closed takes nothing more; that is how the machines end. */
function closed(): void {}
