#!/usr/bin/env node
import { oldNode } from "./node-version.ts";

// The rest is loaded only on a Node that can read it, so that an old one gives a sentence and not a stack trace.
const complaint = oldNode(process.versions.node, process.execPath);
if (complaint === undefined) {
  const { run } = await import("./command-line.ts");
  await run(process.argv);
} else {
  process.stderr.write(`error: ${complaint}\n`);
  process.exitCode = 1;
}
