import { execFile } from "node:child_process";
import { mkdir, readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const sources = new URL("./", import.meta.url);
const folder = new URL("../../results/", import.meta.url);
const program = fileURLToPath(new URL("fleet", folder));

/** The program of the clients, compiled if it is older than its sources. Throws what the compiler says. */
export async function buildFleet(): Promise<string> {
  const names = (await readdir(sources)).filter((name) => /\.[ch]$/.test(name));
  const changed = await Promise.all(names.map(async (name) => (await stat(new URL(name, sources))).mtimeMs));
  const built = await stat(program).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (built > Math.max(...changed)) return program;
  await mkdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith(".c")).map((name) => fileURLToPath(new URL(name, sources)));
  const options = ["-O2", "-std=gnu17", "-Wall", "-Wextra", "-D_GNU_SOURCE"];
  await promisify(execFile)("gcc", [...options, "-o", program, ...files]);
  return program;
}
