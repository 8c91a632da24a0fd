import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { fencesOf } from "./fences.ts";
import { freePort } from "./free-port.ts";
import { startGroup } from "./process-group.ts";

const root = join(import.meta.dirname, "..");

interface Recipe {
  readonly name: string;
  /** Where it takes `{"text": …}` to publish. */
  readonly path: string | undefined;
  readonly code: string;
}

const pages = ["README.md", "docs/recipes.md"].map((page) => join(root, page)).filter((page) => existsSync(page));
const recipes = (await Promise.all(pages.map(async (page) => recipesOf(await readFile(page, "utf8"))))).flat();
const servers = recipes.filter(({ code }) => !isRoute(code));
const routes = recipes.filter(({ code }) => isRoute(code));

/** Inside the workspace, so that `tidings` and the frameworks are found. */
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(root, ".recipes-"));
  for (const { name, code } of recipes) await writeFile(fileOf(name), code);
});
afterAll(() => rm(folder, { recursive: true }));

test("there are recipes for every framework that we promise", () => {
  expect(recipes.map(({ name }) => name).toSorted()).toEqual(["express", "fastify", "hono", "koa", "next"]);
});

test("the recipes are right in their types", async () => {
  const config = { extends: "../tsconfig.json", include: ["*.ts"], references: [] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = startGroup(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder });
  expect(await tsc.exited, tsc.output).toBe(0);
});

test.for(servers)(
  "the recipe for $name serves a stream, and what it publishes arrives",
  async ({ name, path, code }) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const program = startGroup(runtimeOf(code), [fileOf(name)], { cwd: folder, env: { PORT: String(port) } });
    const listening = async (): Promise<boolean> => (await fetch(url).catch(() => undefined)) !== undefined;
    await expect.poll(listening, { timeout: 10_000, message: program.output }).toBe(true);

    const stream = startGroup("curl", ["-sSNi", `${url}/events`], { cwd: folder });
    await stream.until(/^HTTP\/1\.1 200 [^]*^content-type: text\/event-stream[^]*\n\r?\n[^]*^event: tidings:live$/im);
    if (path === undefined) return;
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers, body: '{"text":"hello from a test"}' });
    expect(answer.ok, await answer.text()).toBe(true);
    await stream.until(/^data: .*hello from a test/m);
  },
);

test.for(routes)("the recipe for $name answers a request with a stream", async ({ name }) => {
  const call = `const { GET } = await import(${JSON.stringify(fileOf(name))});
    const response = await GET(new Request("http://localhost/events"));
    console.log(response.status, response.headers.get("content-type"));
    for await (const bytes of response.body) process.stdout.write(bytes);`;
  const program = startGroup(process.execPath, ["--input-type=module", "--eval", call], { cwd: folder });
  await program.until(/^200 text\/event-stream.*\n[^]*^event: tidings:live$/m);
});

/** The `ts` blocks titled `<!-- recipe: name -->`, or `<!-- recipe: name, POST /path -->`. */
function recipesOf(markdown: string): Recipe[] {
  return fencesOf(markdown).flatMap(({ language, text, comment }) => {
    const title = /^recipe: (\w+)(?:, POST (\S+))?$/.exec(comment ?? "");
    return language === "ts" && title !== null ? [{ name: title[1] ?? "", path: title[2], code: text }] : [];
  });
}

/** A route handler, which a framework calls; every other recipe is a program, which listens on `PORT`. */
function isRoute(code: string): boolean {
  return /^export (const|(async )?function) GET\b/m.test(code);
}

/** Bun serves what a program exports as its default; Node serves what it says itself. */
function runtimeOf(code: string): string {
  return /^export default\b/m.test(code) ? join(root, "test/runtimes/node_modules/.bin/bun") : process.execPath;
}

function fileOf(name: string): string {
  return join(folder, `${name}.ts`);
}
