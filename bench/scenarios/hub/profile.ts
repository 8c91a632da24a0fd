import { writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";

/** Starts a profile of this process's processor time. Answers what ends it and writes it to a file. */
export async function startProfile(): Promise<(file: string) => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  return async (file) => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    await writeFile(file, JSON.stringify(profile));
  };
}
