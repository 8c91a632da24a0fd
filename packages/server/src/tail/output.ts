import { systemCode } from "../failure.ts";

/** Where lines go, at the pace at which they are read. */
export interface Output {
  /** Whether nobody reads it any more. */
  readonly gone: boolean;
  writeLine(line: string): void;
  /** Resolves when what was written has been taken, as far as it must be before more is written. */
  ready(): Promise<void>;
}

/**
 * The standard output. `onGone` is called when nobody reads it any more (`tidings tail … | head`).
 * Nothing is read from the hub while it is full: the hub keeps the place, and no memory fills here.
 */
export function standardOutput(onGone: (error: Error | undefined) => void): Output {
  const { stdout } = process;
  let gone = false;
  stdout.on("error", (error: Error) => {
    gone = true;
    onGone(systemCode(error) === "EPIPE" ? undefined : error);
  });
  return {
    get gone() {
      return gone;
    },
    writeLine(line) {
      if (!gone) stdout.write(`${line}\n`);
    },
    async ready() {
      if (gone || !stdout.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        stdout.once("drain", resolve);
        stdout.once("close", resolve);
        stdout.once("error", () => resolve());
      });
    },
  };
}
