import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { Chance } from "../../chance.ts";
import { diskLibrary } from "./library.ts";
import { survivor, type Unsynced } from "./survivor.ts";
import { Troubles } from "./troubles.ts";

const run = promisify(execFile);
const IMAGE = ".image";
const JOURNAL = ".journal";

/**
 * A folder whose disk can lose power, fail, be slow and be full, and whose clock can be wrong, for the processes that are
 * started with `env`. They read and write real files; what was synced of these is kept aside. Linux only.
 */
export class BrokenDisk {
  /** Where the files are, as the processes see them. */
  readonly folder: string;
  /** What is wrong at the moment. */
  readonly troubles: Troubles;
  /** For the environment of a process on this disk. */
  readonly env: Readonly<Record<string, string>>;
  readonly #root: string;
  readonly #images: string;
  #mounted = false;

  private constructor(library: string) {
    this.#root = mkdtempSync(join(tmpdir(), "tidings-disk-"));
    this.folder = join(this.#root, "disk");
    this.#images = join(this.#root, "images");
    mkdirSync(this.folder);
    mkdirSync(this.#images);
    const troubles = join(this.#root, "troubles");
    this.troubles = new Troubles(troubles);
    this.env = {
      LD_PRELOAD: library,
      TIDINGS_DISK_FOLDER: this.folder,
      TIDINGS_DISK_IMAGE: this.#images,
      TIDINGS_DISK_TROUBLES: troubles,
    };
  }

  /** An empty one. */
  static async make(): Promise<BrokenDisk> {
    return new BrokenDisk(await diskLibrary());
  }

  /**
   * A small one in memory, which is really full when it is full. The power of that cannot be cut. Nothing where this
   * process may not mount.
   */
  static async small(bytes: number): Promise<BrokenDisk | undefined> {
    const disk = await BrokenDisk.make();
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tidings", disk.folder]);
      disk.#mounted = true;
      return disk;
    } catch {
      disk.remove();
      return undefined;
    }
  }

  /**
   * The power is gone and back, after the processes were killed: the files become what a disk has of them then.
   *
   * @param chance which sectors it had written that no sync had covered; none without it
   */
  cutPower(chance?: Chance): Unsynced {
    let [bytes, kept] = [0, 0];
    rmSync(this.folder, { recursive: true });
    mkdirSync(this.folder);
    for (const file of readdirSync(this.#images)) {
      if (!file.endsWith(IMAGE)) continue;
      const base = join(this.#images, file.slice(0, -IMAGE.length));
      const after = survivor(readFileSync(base + IMAGE), readFileSync(base + JOURNAL), chance);
      const path = join(this.folder, file.slice(0, -IMAGE.length).replaceAll("%", "/"));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, after.bytes);
      bytes += after.unsynced.bytes;
      kept += after.unsynced.kept;
    }
    // What is there now is on the disk: processes to come begin with it.
    rmSync(this.#images, { recursive: true });
    mkdirSync(this.#images);
    return { bytes, kept };
  }

  /** Removes it with all that is on it. */
  remove(): void {
    this.troubles.close();
    if (this.#mounted) execFileSync("umount", [this.folder]);
    rmSync(this.#root, { recursive: true, force: true });
  }
}
