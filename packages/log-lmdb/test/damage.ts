import { Environment } from "../src/store/environment.ts";
import { APPENDER_KEY, blockKey, STATE_KEY } from "../src/store/keys.ts";
import { readIdentity } from "../src/store/identity.ts";
import { locate } from "../src/store/locate.ts";
import { EMPTY, readState } from "../src/store/state.ts";

/** Flips a bit in the last byte of an entry's data, where it is stored, in a log that nobody has open. */
export async function damageEntry(path: string, offset: number): Promise<void> {
  const environment = new Environment({ path, sync: false });
  const bytes = environment.get(STATE_KEY);
  const state = bytes === undefined ? EMPTY : (readState(bytes, environment.lastSize) ?? EMPTY);
  const block = locate(environment, offset, state);
  if ("hole" in block) throw new Error(`No entry at ${offset}`);
  const { first } = block;
  const needle = block.bytesAt(offset);
  const value = Buffer.from(environment.get(blockKey(first))?.subarray(0, environment.lastSize) ?? []);
  const end = value.indexOf(needle) + needle.length - 1;
  value[end] = (value[end] ?? 0) ^ 1;
  const record = environment.get(APPENDER_KEY);
  const generation = record === undefined ? 0 : (readIdentity(record, environment.lastSize)?.generation ?? 0);
  await environment.commit(APPENDER_KEY, generation, ({ put }) => put(blockKey(first), value));
  await environment.close();
}
