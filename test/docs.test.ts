import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { fencesOf } from "./fences.ts";
import { startGroup } from "./process-group.ts";

const root = join(import.meta.dirname, "..");

test("the examples of the docs are right in their types", async () => {
  const folder = await mkdtemp(join(root, "test/.docs-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pages = ["README.md", ...(await readdir(join(root, "docs"))).map((name) => `docs/${name}`)];
  let examples = 0;
  for (const page of pages.filter((name) => name.endsWith(".md"))) {
    const fences = fencesOf(await readFile(join(root, page), "utf8"));
    for (const { language, text } of fences.filter(({ language: name }) => name === "ts" || name === "tsx")) {
      const name = `${page.replaceAll(/\W/g, "-")}-${++examples}.${language}`;
      await writeFile(join(folder, name), `${text.replaceAll("=> …", "=> undefined")}\nexport {};\n`);
    }
  }
  expect(examples).toBeGreaterThan(30);
  const compilerOptions = { noImplicitReturns: false };
  const include = ["*", "../docs/scope.d.ts"];
  const config = { extends: "../../tsconfig.json", compilerOptions, include, exclude: [], references: [] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = startGroup(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder });
  expect(await tsc.exited, tsc.output).toBe(0);
});
