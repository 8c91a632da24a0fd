// The process that looks at a log which may be damaged. Its arguments: what to do, the log's folder, and where to copy.
import { mkdirSync, statSync } from "node:fs";
import { DAMAGED } from "../store/topic-tail.ts";
import type { ChildMessage, ChildWork } from "./in-child.ts";
import { dataFile, openLogFiles, type OpenLogFiles } from "./open-log.ts";
import { verify } from "./verify.ts";

const [work = "", path = "", target = ""] = process.argv.slice(2);

const works: { readonly [Work in keyof ChildWork]: (log: OpenLogFiles) => ChildWork[Work] | Promise<ChildWork[Work]> } =
  {
    verify: ({ view }) => {
      const total = view.state.head.offset - view.state.floor.offset;
      return verify(view, (events) => send({ kind: "progress", events, total }));
    },
    // Opening has read them.
    tail: ({ view }) => ({ damaged: view.tail.of(DAMAGED).length }),
    copy: async ({ environment }) => {
      mkdirSync(target, { recursive: true });
      await environment.copyTo(target);
      return { bytes: statSync(dataFile(target)).size };
    },
  };

function send(message: ChildMessage): void {
  process.send?.(message);
}

try {
  const log = await openLogFiles(path);
  const run = works[work as keyof ChildWork];
  send({ kind: "done", result: await run(log) });
  await log.environment.close();
} catch (error) {
  send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
}
process.disconnect();
