import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { SharedAppender, type SharedAppenderOptions } from "../../src/sharing/shared-appender.ts";
import { SharedFile, StandInStore } from "./stand-in-store.ts";

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sharing-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What one process of a test has. */
export interface Member {
  readonly store: StandInStore;
  readonly appender: SharedAppender;
}

/** A folder, and those who share it: each with its own view of the file, and real sockets between them. */
export class Room {
  readonly folder: string;
  readonly file = new SharedFile();

  constructor(folder: string = temporaryFolder()) {
    this.folder = folder;
  }

  join(options: Partial<SharedAppenderOptions> = {}): Member {
    const store = new StandInStore(this.file);
    const appender = new SharedAppender({
      folder: this.folder,
      store,
      durability: "fsync",
      logger: { info: () => {}, warn: () => {} },
      beat: 50,
      ...options,
    });
    store.onCommitted = (head) => appender.committed(head);
    onTestFinished(() => appender.close());
    return { store, appender };
  }

  /** Who has claimed the log is there, and tells the others so. */
  async joined(options: Partial<SharedAppenderOptions> = {}): Promise<Member> {
    const { generation } = this.file.record;
    const member = this.join(options);
    if (generation === 0) await until(() => this.file.record.generation > 0);
    await until(() => member.appender.ready);
    return member;
  }
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
