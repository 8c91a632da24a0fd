import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/**
 * Sees to it that programs are on the PATH: installs those that are not with apt-get where this process may, and stops
 * with the command to run where it may not.
 *
 * @param {string} user who needs them, for the error
 * @param {readonly { aptPackage: string, names: readonly string[] }[]} programs each by the Debian package that brings it,
 *   and by what it may be called, of which one is enough; for what is no program, its file
 */
export function installPrograms(user, programs) {
  const lacking = () => programs.filter(({ names }) => !names.some(isThere)).map(({ aptPackage }) => aptPackage);
  const missing = lacking();
  if (missing.length === 0) return;

  const install = ["install", "-y", "--no-install-recommends", ...missing];
  if (!isOnPath("apt-get"))
    throw new Error(`${user} needs ${missing.join(", ")} on the PATH. Install what is missing.`);
  if (process.getuid?.() !== 0) {
    throw new Error(
      `${user} needs ${missing.join(", ")}. Run: sudo apt-get update && sudo apt-get ${install.join(" ")}`,
    );
  }
  console.error(`Installing ${missing.join(", ")} with apt-get ...`);
  aptGet(["update", "-qq"]);
  aptGet(["-qq", ...install]);
  if (lacking().length > 0) throw new Error(`apt-get installed no ${lacking().join(", ")}`);
}

/** @param {string} name */
function isThere(name) {
  return isAbsolute(name) ? existsSync(name) : isOnPath(name);
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** @param {readonly string[]} args */
function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Quiet where it goes well: its hundreds of lines are shown only if it fails.
  const { status, stdout, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`apt-get ${args.join(" ")} failed:\n${stdout}${stderr}`);
}
