import type { ClientError } from "../error.ts";

/** Tells what happens, without payloads. */
export type Note = (what: string, details?: Readonly<Record<string, unknown>>) => void;

/** @param debug whether anyone wants to know */
export function createNote(debug: boolean): Note {
  return (what, details) => {
    // oxlint-disable-next-line no-console -- this is what `debug: true` asks for
    if (debug) console.debug(`tidings: ${what}`, details ?? "");
  };
}

/** Reports what no one handles, as the platform reports what a listener throws. */
export function reportError(error: unknown): void {
  if (globalThis.reportError !== undefined) globalThis.reportError(error);
  else {
    queueMicrotask(() => {
      throw error as ClientError;
    });
  }
}
