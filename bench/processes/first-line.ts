import { createInterface } from "node:readline";
import type { Program } from "./program.ts";

/**
 * The first line that a program writes to its standard output: by it many tell that they are ready. What comes after it is
 * read and dropped. Rejects if the program ends before.
 */
export function firstLine(program: Program): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdout } = program.process;
    if (stdout === null) throw new Error("The program's standard output is not piped.");
    createInterface({ input: stdout }).on("line", resolve);
    program.onEnd((how) => reject(new Error(how)));
  });
}
