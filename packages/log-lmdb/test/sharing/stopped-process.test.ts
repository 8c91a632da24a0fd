import { expect, test } from "vitest";
import { judge } from "./processes/judge.ts";
import { Member } from "./processes/member.ts";
import { temporaryFolder, until } from "./room.ts";

test("one that appends and is stopped is overtaken; when it goes on it follows, and nothing of its is there twice", async () => {
  const folder = temporaryFolder();
  const members = [new Member(folder, "a"), new Member(folder, "b"), new Member(folder, "c")];
  await until(() => members.some(({ appends }) => appends));
  for (const member of members) member.publish("keyed", `first of ${member.name}`);
  await until(() => members.every(({ through }) => through === 3));
  const stopped = members.find(({ appends }) => appends);
  const others = members.filter((member) => member !== stopped);
  const [one, other] = others;
  if (stopped === undefined || one === undefined || other === undefined) throw new Error("There are three");

  stopped.signal("SIGSTOP");
  // What it was sent lies in its socket, and is appended by another one meanwhile, or given up.
  for (let index = 0; index < 50; index += 1) one.publish("keyed", `keyed ${index}`);
  one.publish("plain", "plain");
  await until(() => one.onces.length === 52);
  expect(one.onces.filter(({ error }) => error !== undefined)).toEqual([{ once: "plain", error: "log-failed" }]);
  expect(others.filter(({ appends }) => appends)).toHaveLength(1);
  await until(() => others.every(({ through }) => through === 53));
  stopped.publish("plain", "of who was stopped");

  stopped.signal("SIGCONT");
  await until(() => stopped.onces.length === 2);
  for (let index = 0; index < 50; index += 1) stopped.publish("keyed", `keyed ${index}`);
  await until(() => stopped.onces.length === 52);
  for (const { once, offset, duplicate } of stopped.onces.slice(2)) {
    expect(duplicate).toBe(true);
    expect(offset).toBe(one.onces.find((each) => each.once === once)?.offset);
  }
  expect(stopped.appends).toBe(false);
  await until(() => members.every(({ through }) => through === 54));
  expect(await judge(folder, members)).toMatchObject({ events: 54 });
});
