/** Reports what no one handles, as the platform reports what a listener throws; in Node, on the console. */
export function reportError(error: unknown): void {
  // oxlint-disable-next-line no-console -- the only place where it would be seen
  (globalThis.reportError ?? console.error)(error);
}

/** Tells what happens, without payloads. */
export function debug(...what: unknown[]): void {
  // oxlint-disable-next-line no-console -- this is what `debug: true` asks for
  console.debug("tidings", ...what);
}
