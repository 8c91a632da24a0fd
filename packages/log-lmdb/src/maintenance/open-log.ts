import { existsSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "../store/environment.ts";
import { identityOf, type Identity } from "../store/identity.ts";
import { View } from "../store/view.ts";
import { LogError } from "./log-error.ts";

/** A log that is open to be looked at. */
export interface OpenLogFiles {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly view: View;
}

/** The file with everything in it. */
export function dataFile(path: string): string {
  return join(path, "data.mdb");
}

/**
 * Opens a log to look at it, whoever else has it open. It is closed by `environment.close()`.
 *
 * @throws LogError `no-log`, `log-damaged`
 */
export async function openLogFiles(path: string): Promise<OpenLogFiles> {
  if (!existsSync(dataFile(path))) throw new LogError("no-log", `There is no log in ${path}`);
  let environment: Environment | undefined;
  try {
    environment = new Environment({ path, sync: true, readOnly: true });
    const identity = identityOf(environment);
    const view = new View(environment, identity.epoch);
    view.refresh();
    return { environment, identity, view };
  } catch (error) {
    await environment?.close();
    throw new LogError("log-damaged", `The log in ${path} cannot be read: ${String(error)}`, { cause: error });
  }
}
