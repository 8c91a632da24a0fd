const LEAST = { major: 22, minor: 12 };

/** What to tell the user of a Node that is too old for Tidings, or `undefined` if it is new enough. */
export function oldNode(version: string, path: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)) return undefined;
  return (
    `Tidings needs Node ${LEAST.major}.${LEAST.minor} or newer, and this is Node ${version} (${path}). ` +
    "Install a newer one from https://nodejs.org."
  );
}
