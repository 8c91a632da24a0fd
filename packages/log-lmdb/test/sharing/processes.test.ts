import { expect, test } from "vitest";
import { judge } from "./processes/judge.ts";
import { Member } from "./processes/member.ts";
import { temporaryFolder, until } from "./room.ts";

// `SHARING_KILLS=20 SHARING_STOPS=5` for the long form. A process that is stopped in the middle of a commit holds
// LMDB's lock until it goes on, and the others with it: so stops under load take their time.
const KILLS = Number(process.env["SHARING_KILLS"] ?? 4);
const STOPS = Number(process.env["SHARING_STOPS"] ?? 0);
const PATIENCE = 8_000;

test("four processes append at once: all is there once, in order, and each has heard all", async () => {
  const folder = temporaryFolder();
  const members = ["a", "b", "c", "d"].map((name) => new Member(folder, name, 16));
  await until(() => members.every(({ acknowledged }) => acknowledged.length > 300));
  await finish(members);
  const totals = await judge(folder, members);
  expect(totals).toMatchObject({ unknown: 0, retried: 0, events: totals.acknowledged });
  for (const { through } of members) expect(through).toBe(totals.events);
});

test("the one that appends is killed again and again: what was acknowledged is there, and nobody misses anything", async () => {
  const folder = temporaryFolder();
  let members = ["a", "b", "c", "d"].map((name) => new Member(folder, name, 16));
  const all = [...members];
  const pauses: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = members.map(({ acknowledged }) => acknowledged.length);
    await until(() => members.every(({ acknowledged }, index) => acknowledged.length > (before[index] ?? 0) + 50));
    const appending = members.find(({ appends }) => appends);
    members = members.filter((member) => member !== appending);
    const killed = performance.now();
    await appending?.kill();
    const counts = members.map(({ acknowledged }) => acknowledged.length);
    await until(() => members.every(({ acknowledged }, index) => acknowledged.length > (counts[index] ?? 0)));
    pauses.push(performance.now() - killed);
    const next = new Member(folder, `e${kill}`, 16);
    members.push(next);
    all.push(next);
  }
  let overtaken = 0;
  for (let stop = 0; stop < STOPS; stop += 1) {
    await until(() => members.some(({ appends }) => appends));
    const stopped = members.find(({ appends }) => appends);
    stopped?.signal("SIGSTOP");
    const since = performance.now();
    await until(() => members.filter(({ appends }) => appends).length > 1 || performance.now() - since > PATIENCE);
    if (members.filter(({ appends }) => appends).length > 1) overtaken += 1;
    stopped?.signal("SIGCONT");
    const counts = members.map(({ acknowledged }) => acknowledged.length);
    await until(() => members.every(({ acknowledged }, index) => acknowledged.length > (counts[index] ?? 0) + 50));
    await until(() => members.filter(({ appends }) => appends).length === 1);
  }
  await until(() => members.every(({ acknowledged }) => acknowledged.length > 100));
  await finish(members);
  const totals = await judge(folder, all);
  for (const { through } of members) expect(through).toBe(totals.events);
  const longest = Math.round(Math.max(...pauses));
  process.stdout.write(`${KILLS} kills: ${JSON.stringify(totals)}, the longest pause of the others ${longest} ms\n`);
  if (STOPS > 0) process.stdout.write(`${STOPS} stops: ${overtaken} overtaken while they were stopped\n`);
}, 600_000);

test("a key that is sent to two processes at once makes one event", async () => {
  const folder = temporaryFolder();
  const members = [new Member(folder, "a"), new Member(folder, "b"), new Member(folder, "c")];
  await until(() => members.some(({ appends }) => appends));
  for (let index = 0; index < 100; index += 1) for (const member of members) member.publish("keyed", `${index}`);
  await until(() => members.every(({ onces }) => onces.length === 100));
  const first = new Map(
    members
      .flatMap(({ onces }) => onces)
      .filter(({ duplicate }) => duplicate === false)
      .map((once) => [once.once, once.offset]),
  );
  expect(first.size).toBe(100);
  for (const { once, offset } of members.flatMap(({ onces }) => onces)) expect(offset).toBe(first.get(once));
  await until(() => members.every(({ through }) => through === 100));
  expect(await judge(folder, members)).toMatchObject({ events: 100 });
});

/** No one publishes any more, all have heard of everything, and all close at once. */
async function finish(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map((member) => member.stop()));
  const head = Math.max(...members.flatMap(({ acknowledged }) => acknowledged.map(({ offset }) => offset)));
  await until(() => members.every(({ through }) => through >= head));
  await Promise.all(members.map((member) => member.close()));
}
