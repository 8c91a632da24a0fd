import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Runs `npm install` in a folder, unless the last run there was for the same package.json, lock file and machine.
 *
 * `install` and not `ci`: some registries lack the builds of a package for other platforms, and so does a lock file that
 * was made with them; `ci` refuses such a file, `install` takes it and leaves it as it is.
 *
 * @param {string} folder
 * @param {object} options
 * @param {string} options.what what is installed, for the line that is printed
 * @param {readonly string[]} options.executables files in node_modules that only an install script makes
 */
export function installPackages(folder, { what, executables }) {
  const stamp = join(folder, "node_modules", ".tidings-setup");
  const made = executables.map((file) => join(folder, "node_modules", file));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint(folder) && made.every(existsSync)) return;

  console.error(`Installing ${what} ...`);
  const npm = ["install", "--no-audit", "--no-fund", "--include=dev", "--loglevel=error"];
  // Its count of packages is of no use to anyone; what goes wrong comes on the standard error.
  const { status, error } = spawnSync("npm", npm, {
    cwd: folder,
    env: { ...process.env, PATH: pathWithoutPackages() },
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`npm ${npm.join(" ")} failed in ${folder}`);

  const missing = made.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new Error(
      `npm installed no ${missing}. If it is set to ignore install scripts, start it with --ignore-scripts=false.`,
    );
  }
  writeFileSync(stamp, fingerprint(folder));
}

/**
 * What an installation depends on. Taken after it too, because npm may add to the lock file.
 *
 * @param {string} folder
 */
function fingerprint(folder) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of ["package.json", "package-lock.json"]) {
    if (existsSync(join(folder, file))) hash.update(readFileSync(join(folder, file)));
  }
  return hash.digest("hex");
}

/** The PATH without what npm put there: an installation must not run on the Node that it may replace. */
function pathWithoutPackages() {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.filter((folder) => !/node_modules[\\/]\.bin[\\/]?$/.test(folder)).join(delimiter);
}
