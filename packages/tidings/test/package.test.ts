import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { rolldown } from "rolldown";
import { describe, expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const library = join(root, "packages/tidings");
const server = join(root, "packages/server");

describe.for([
  ["tidings", library],
  ["@tidings/server", server],
] as const)("the package %s", ([, folder]) => {
  test("has nothing that publint would object to", async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, pack: "npm", strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("packs its licence and what it was built to, and neither tests nor build information", async () => {
    const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], {
      cwd: folder,
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map((file) => file.path);
    expect(paths).toContain("LICENSE");
    expect(paths.some((path) => path.startsWith("dist/") && path.endsWith(".js"))).toBe(true);
    expect(paths.filter((path) => /(^|\/)test\/|\.test\.|tsbuildinfo|tsconfig|node_modules/.test(path))).toEqual([]);
  });
});

describe("the library", () => {
  test("has types that every module resolution of ES modules finds", async () => {
    const attw = join(root, "node_modules/.bin/attw");
    const args = ["--pack", library, "--profile", "esm-only", "--no-emoji", "--no-color"];
    const objections = await run(attw, args).then(
      () => "none",
      (failure: unknown) => (failure as { stdout: string }).stdout,
    );
    expect(objections).toBe("none");
  });

  test("types events for programs whose `lib` knows no disposables", async () => {
    const folder = await mkdtemp(join(tmpdir(), "types-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const program = `import { connect } from "tidings/client";
      for await (const { data } of connect("/events").subscribe<{ sum: number }>("a")) {
        data.sum.toFixed();
        // @ts-expect-error -- there is no such member
        data.nothing;
      }`;
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "ES2022",
      module: "ESNext",
      moduleResolution: "bundler",
      lib: ["ES2022", "DOM", "DOM.Iterable"],
      types: [],
      paths: { "tidings/client": [join(library, "dist/client/index.d.ts")] },
    };
    await writeFile(join(folder, "program.ts"), program);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    const objections = await run(join(root, "node_modules/.bin/tsc"), ["-p", folder]).then(
      () => "none",
      (failure: unknown) => (failure as { stdout: string }).stdout,
    );
    expect(objections).toBe("none");
  });

  test("needs no other package; what its bindings bind to is an optional peer", async () => {
    const manifest = JSON.parse(await readFile(join(library, "package.json"), "utf8")) as Record<string, unknown>;
    expect(Object.keys(manifest).filter((key) => /dependencies$/i.test(key))).toEqual(["peerDependencies"]);
    const peers = Object.keys(manifest["peerDependencies"] as object);
    expect(peers).toEqual(["react", "vue"]);
    expect(manifest["peerDependenciesMeta"]).toEqual(
      Object.fromEntries(peers.map((peer) => [peer, { optional: true }])),
    );
    expect(manifest["sideEffects"]).toBe(false);
  });

  test("imports only its own files, and nothing from elsewhere but in the rooms for that", async () => {
    const files = await readdir(join(library, "dist"), { recursive: true });
    const modules = files.filter((file) => /\.(js|d\.ts)$/.test(file) && !file.startsWith("node/"));
    expect(modules).not.toEqual([]);
    const imports = await Promise.all(
      modules.map(async (file) => {
        const names = importsOf(await readFile(join(library, "dist", file), "utf8"));
        const room = file.split("/", 1)[0];
        return names.filter((name) => !name.startsWith(".") && !(name === room && ["react", "vue"].includes(name)));
      }),
    );
    expect(imports.flat()).toEqual([]);
  });

  test("says that its hooks are the client's, for frameworks with server components", async () => {
    const text = await readFile(join(library, "dist/react/index.js"), "utf8");
    expect(text.startsWith('"use client";\n')).toBe(true);
  });

  test.for([
    ["wire", "dist/wire/index.js", 3_000],
    ["the whole", "dist/index.js", 24_000],
  ] as const)("%s stays small once it is bundled, minified and gzipped", async ([, entry, limit]) => {
    const size = await bundledSize(join(library, entry));
    expect(size).toBeGreaterThan(500);
    expect(size).toBeLessThan(limit);
  });

  test.for(["react", "vue"])("its bindings for %s cost little beside the client", async (peer) => {
    const client = await bundledSize(join(library, "dist/client/connect/connect.js"));
    const bindings = await bundledSize(join(library, `dist/${peer}/index.js`), [peer]);
    expect(bindings - client).toBeGreaterThan(100);
    expect(bindings - client).toBeLessThan(1_200);
  });
});

/** What a module's text imports: in a statement at the start of a line, or by `import(...)`, as types do too. */
function importsOf(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export)\b(?:[^"'`;]*\bfrom)?\s*["']([^"']+)["']/gm);
  const calls = text.matchAll(/\b(?:import|require)\(\s*["']([^"']+)["']/g);
  return [...statements, ...calls].map((match) => match[1] ?? "");
}

/** The bytes that a browser would load for a module and all that it needs, but for what is external. */
async function bundledSize(entry: string, external: readonly string[] = []): Promise<number> {
  const bundle = await rolldown({ input: entry, platform: "neutral", external: [...external], logLevel: "silent" });
  try {
    const { output } = await bundle.generate({ format: "esm", minify: true });
    return output.reduce((sum, chunk) => sum + (chunk.type === "chunk" ? gzipSync(chunk.code).length : 0), 0);
  } finally {
    await bundle.close();
  }
}
