import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { HubError } from "tidings/log";
import { expect, onTestFinished, test } from "vitest";
import { FrameReader, frameOf } from "../../src/sharing/frames.ts";
import { draft } from "./drafts.ts";
import { Room, temporaryFolder, until } from "./room.ts";

test("appends of all processes are in the order in which each made them, each answered with its own place", async () => {
  const room = new Room();
  const members = [room.join(), room.join(), room.join(), room.join()];
  const answers = await Promise.all(
    members.flatMap(({ appender }, member) =>
      Array.from({ length: 250 }, async (_, index) => {
        const text = `${member}:${index}`;
        const [answer] = await appender.append([draft(text)]);
        return { text, offset: answer?.position.offset ?? 0 };
      }),
    ),
  );
  expect(room.file.record.generation).toBe(1);
  for (const { text, offset } of answers) expect(room.file.texts[offset - 1]).toBe(text);
  expect(new Set(answers.map(({ offset }) => offset)).size).toBe(1_000);
  for (const [member] of members.entries()) {
    const own = room.file.texts.filter((text) => text.startsWith(`${member}:`));
    expect(own).toEqual(Array.from({ length: 250 }, (_, index) => `${member}:${index}`));
  }
});

test("a process has what it was answered for before it is answered, and hears of what others append", async () => {
  const room = new Room();
  const one = await room.joined();
  const other = await room.joined();
  await other.appender.append([draft("1")]);
  expect(other.store.seen).toBe(1);
  await one.appender.append([draft("2")]);
  await until(() => other.store.seen === 2);
});

test("appends wait for one that has claimed the log and has yet to read it", async () => {
  const room = new Room();
  const reading = Promise.withResolvers<void>();
  room.file.reading = reading.promise;
  room.join();
  await until(() => room.file.record.generation === 1);
  const { appender } = room.join();
  const appends = Array.from({ length: 50 }, (_, index) => appender.append([draft(`${index}`)]));
  // Long enough for signs of life to fail to come, if there were none.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(appender.ready).toBe(false);
  reading.resolve();
  await Promise.all(appends);
  expect(room.file).toMatchObject({
    record: { generation: 1 },
    texts: Array.from({ length: 50 }, (_, index) => `${index}`),
  });
});

test("errors arrive with their code, and only for those whom they are for", async () => {
  const room = new Room();
  await room.joined();
  const { appender } = await room.joined();
  const results = await Promise.allSettled(["1", "conflict", "2"].map((data) => appender.append([draft(data)])));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(results[1]).toMatchObject({ reason: { name: "HubError", code: "conflict" } });
  expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(HubError);
});

test("when the one that appends closes, another takes over, and nothing in flight is lost or twice", async () => {
  const room = new Room();
  const first = await room.joined();
  const others = [await room.joined(), await room.joined()];
  const appends = others.flatMap(({ appender }, member) =>
    Array.from({ length: 200 }, (_, index) => appender.append([draft(`${member}:${index}`)])),
  );
  await appends[3];
  // What comes from here on is in flight when the one that appends closes.
  const disk = Promise.withResolvers<void>();
  room.file.disk = disk.promise;
  for (const [member, { appender }] of others.entries()) {
    for (let index = 200; index < 400; index += 1) appends.push(appender.append([draft(`${member}:${index}`)]));
  }
  const closed = first.appender.close();
  disk.resolve();
  await closed;
  await expect(first.appender.append([draft("late")])).rejects.toMatchObject({ code: "closed" });
  await Promise.all(appends);
  for (const { appender } of others) await appender.append([draft("last")]);
  expect(room.file.record.generation).toBeGreaterThan(1);
  for (const member of [0, 1]) {
    const own = room.file.texts.filter((text) => text.startsWith(`${member}:`));
    expect(own).toEqual(Array.from({ length: 400 }, (_, index) => `${member}:${index}`));
  }
});

test("who was overtaken appends nothing more, and hands its own appends and those of others to the new one, in order", async () => {
  const room = new Room();
  const first = await room.joined();
  const second = await room.joined();
  const disk = Promise.withResolvers<void>();
  room.file.disk = disk.promise;
  const appends = [first, second].flatMap(({ appender }, member) =>
    Array.from({ length: 100 }, (_, index) => appender.append([draft(`${member}:${index}`)])),
  );
  // Another process has claimed the log meanwhile, and is gone again.
  room.file.record = { generation: room.file.record.generation + 1, socket: undefined };
  disk.resolve();
  await Promise.all(appends);
  expect(room.file.entries.every(({ generation }) => generation > 2)).toBe(true);
  for (const member of [0, 1]) {
    const own = room.file.texts.filter((text) => text.startsWith(`${member}:`));
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => `${member}:${index}`));
  }
});

test("what comes back is before what was appended since", async () => {
  const room = new Room();
  const path = join(room.folder, "leaving.sock");
  const leaving = createServer(greet).listen(path);
  const connected = once(leaving, "connection");
  room.file.record = { generation: 1, socket: path };
  const { appender } = room.join();
  const [socket] = (await connected) as [Socket];
  await until(() => appender.ready);
  const sent = once(socket, "data");
  const appends = ["1", "2"].map((data) => appender.append([draft(data)]));
  await sent;
  socket.write(frameOf('{"head":0,"ready":true,"answers":[[0]]}'));
  await until(() => !appender.ready);
  appends.push(appender.append([draft("3")]));
  leaving.close();
  socket.write(frameOf('{"bye":true}'));
  await Promise.all(appends);
  expect(room.file.texts).toEqual(["1", "2", "3"]);
});

test("one that appends nothing notices, too, that it was overtaken", async () => {
  const room = new Room();
  const { appender } = await room.joined();
  const elsewhere = createServer((socket) => greet(socket)).listen(join(room.folder, "other.sock"));
  onTestFinished(() => void elsewhere.close());
  const connected = once(elsewhere, "connection");
  room.file.record = { generation: 2, socket: join(room.folder, "other.sock") };
  const [socket] = (await connected) as [Socket];
  onTestFinished(() => void socket.destroy());
  await until(() => !appender.ready);
});

test("one that says nothing is overtaken: what it was sent is unknown, what waits goes to the new one", async () => {
  const room = new Room();
  const path = join(room.folder, "silent.sock");
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    // A process that was stopped: later ones still connect, and hear nothing.
    if (sockets.push(socket) === 1) greet(socket);
  }).listen(path);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  room.file.record = { generation: 1, socket: path };
  const { appender } = room.join();
  await expect(appender.append([draft("sent")])).rejects.toMatchObject({ code: "log-failed" });
  await appender.append([draft("after")]);
  expect(room.file.texts).toEqual(["after"]);
});

test("what was sent with keys to one that is gone is sent to the next one, too", async () => {
  const room = new Room();
  const path = join(room.folder, "dying.sock");
  const dying = createServer((socket) => {
    greet(socket);
    // Takes the append with it.
    socket.once("data", () => socket.once("data", () => socket.destroy()));
    dying.close();
  }).listen(path);
  room.file.record = { generation: 1, socket: path };
  const { appender } = room.join();
  await until(() => appender.ready);
  const appends = [
    appender.append([draft("1", { key: { id: "1", payload: "p" } })]),
    appender.append([draft("2", { key: { id: "2", payload: "p" } }), draft("3")]),
  ];
  await expect(appends[1]).rejects.toMatchObject({ code: "log-failed" });
  await appends[0];
  expect(room.file.texts).toEqual(["1"]);
});

test("topics count, too: no frame has more than 1 MiB, and no more waits than may", async () => {
  const room = new Room();
  const path = join(room.folder, "slow.sock");
  const sizes: number[] = [];
  const slow = createServer((socket) => {
    greet(socket);
    const frames = new FrameReader(2 ** 26);
    socket.on("data", (chunk: Buffer) => sizes.push(...frames.read(chunk).map((text) => Buffer.byteLength(text))));
  }).listen(path);
  onTestFinished(() => void slow.close());
  room.file.record = { generation: 1, socket: path };
  const { appender } = room.join({ patience: { requests: 1_000, bytes: 3_000_000, ms: 60_000 } });
  const topics = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(1_024, "0"));
  const appends = Array.from({ length: 40 }, () => appender.append([draft("", { topics })]));
  const results = Promise.allSettled(appends);
  await until(() => sizes.reduce((sum, size) => sum + size, 0) > 2_800_000);
  expect(Math.max(...sizes)).toBeLessThan(1_100_000);
  await appender.close();
  const reasons = (await results).map((result) => (result.status === "rejected" ? String(result.reason) : ""));
  expect(reasons.filter((reason) => reason.includes("29 appends wait already"))).toHaveLength(11);
});

test("a batch that has no room in a frame is refused, and what is appended with it is not", async () => {
  const room = new Room();
  await room.joined();
  const { appender } = await room.joined();
  // In JSON each of them is two characters.
  const large = draft("\n".repeat(2 ** 25), { key: { id: "1", payload: "p" } });
  const appends = [appender.append([draft("1")]), appender.append([large]), appender.append([draft("2")])];
  await expect(appends[1]).rejects.toMatchObject({ code: "batch-too-large" });
  await Promise.all([appends[0], appends[2]]);
  expect(room.file.texts).toEqual(["1", "2"]);
});

test("an append with a key that ends every process that takes it is not sent for ever", async () => {
  const room = new Room();
  const path = join(room.folder, "fragile.sock");
  const fragile = createServer((socket) => {
    greet(socket);
    socket.once("data", () => socket.once("data", () => socket.destroy()));
  }).listen(path);
  onTestFinished(() => void fragile.close());
  room.file.record = { generation: 1, socket: path };
  const { appender } = room.join({ patience: { requests: 10, bytes: 1_000, ms: 300 } });
  await expect(appender.append([draft("1", { key: { id: "1", payload: "p" } })])).rejects.toMatchObject({
    code: "log-failed",
    message: expect.stringMatching(/^Whether this was appended is not known: .+ for 0\.3 s;/) as string,
  });
});

test("what was sent with keys to one that is gone, and to no other, is said to be unknown when the log is closed", async () => {
  const room = new Room();
  const path = join(room.folder, "dying.sock");
  const dying = createServer((socket) => {
    greet(socket);
    socket.once("data", () => socket.once("data", () => socket.destroy()));
    dying.close();
  }).listen(path);
  room.file.record = { generation: 1, socket: path };
  const disk = Promise.withResolvers<void>();
  room.file.disk = disk.promise;
  const { appender } = room.join();
  await until(() => appender.ready);
  const sent = appender.append([draft("1", { key: { id: "1", payload: "p" } })]);
  await until(() => !appender.ready);
  const closed = appender.close();
  room.file.failure = new Error("The disk is gone");
  disk.resolve();
  await expect(sent).rejects.toThrow("Whether this was appended is not known");
  await closed;
});

test("one that does not even greet is overtaken", async () => {
  const room = new Room();
  const path = join(room.folder, "mute.sock");
  const sockets: Socket[] = [];
  const mute = createServer((socket) => void sockets.push(socket)).listen(path);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  room.file.record = { generation: 1, socket: path };
  await room.join().appender.append([draft("1")]);
  expect(room.file.record.generation).toBe(2);
});

test("an appender that keeps less than is promised is refused", async () => {
  const room = new Room();
  await room.joined({ durability: "commit" });
  const { appender } = room.join({ durability: "fsync" });
  await expect(appender.append([draft("1")])).rejects.toMatchObject({
    code: "log-failed",
    cause: { code: "bad-option" },
  });
  expect(room.file.texts).toEqual([]);
});

test("while nobody can append, appends are rejected with the reason, and it recovers", async () => {
  const room = new Room();
  room.file.failure = new Error("No space left on device");
  const { appender } = room.join();
  await expect(appender.append([draft("1")])).rejects.toThrow("Nothing was appended: No space left on device");
  expect(appender.ready).toBe(false);
  room.file.failure = undefined;
  await until(() => appender.ready);
  await appender.append([draft("2")]);
  expect(room.file.texts).toEqual(["2"]);
});

test("what waits for an appender is bounded, in number, in bytes and in time", async () => {
  const room = new Room();
  const disk = Promise.withResolvers<void>();
  room.file.disk = disk.promise;
  const { appender } = room.join({ patience: { requests: 3, bytes: 1_000, ms: 300 } });
  const waiting = ["1", "2"].map((data) => appender.append([draft(data)]));
  await expect(appender.append([draft("x".repeat(950))])).rejects.toThrow("2 appends wait already");
  waiting.push(appender.append([draft("3")]));
  await expect(appender.append([draft("4")])).rejects.toThrow("3 appends wait already");
  for (const append of waiting) await expect(append).rejects.toThrow("no process took it for 0.3 s");
  disk.resolve();
  await appender.append([draft("5")]);
  expect(room.file.texts).toEqual(["5"]);
});

test("the socket is this user's alone, and gone with the one that listened", async () => {
  const room = new Room();
  const { appender } = await room.joined();
  const path = room.file.record.socket ?? "";
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await appender.close();
  expect(existsSync(path)).toBe(false);
});

test("a socket that was left behind is removed by who claims, other files are not", async () => {
  const room = new Room();
  const stale = join(room.folder, "appender-0123456789ab.sock");
  await leaveSocket(stale);
  writeFileSync(join(room.folder, "appender-notes.txt"), "");
  room.file.record = { generation: 3, socket: stale };
  await room.joined();
  await until(() => !existsSync(stale));
  expect(readdirSync(room.folder)).toContain("appender-notes.txt");
});

test("a folder whose path is too long for a socket has it elsewhere, and nothing stays behind", async () => {
  const folder = join(temporaryFolder(), "long".repeat(40));
  mkdirSync(folder);
  const room = new Room(folder);
  const one = await room.joined();
  const other = await room.joined();
  await other.appender.append([draft("1")]);
  const path = room.file.record.socket ?? "";
  expect(path.startsWith(folder)).toBe(false);
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  await other.appender.close();
  await one.appender.close();
  expect(existsSync(join(path, ".."))).toBe(false);
});

test.each([
  ["a frame that claims to be very long", Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ["what is not JSON", frameOf("{")],
  ["JSON that is no message", frameOf("[]")],
  ["an append before the greeting", frameOf('{"appends":[[1,[]]]}')],
  ["a long frame before the greeting", frameOf(`{"hello":1,"x":"${"x".repeat(2_000)}"}`)],
  ["an event of the wrong shape", Buffer.concat([frameOf('{"hello":1}'), frameOf('{"appends":[[1,[["a"]]]]}')])],
])("%s closes that connection, and nothing else", async (_, bytes) => {
  const room = new Room();
  await room.joined();
  const { appender } = await room.joined();
  const socket = connect(room.file.record.socket ?? "");
  socket.on("error", () => {});
  socket.resume().write(bytes);
  await once(socket, "close");
  await appender.append([draft("1")]);
  expect(room.file).toMatchObject({ record: { generation: 1 }, texts: ["1"] });
});

test("who connects and says nothing is cut", async () => {
  const room = new Room();
  await room.joined();
  const socket = connect(room.file.record.socket ?? "");
  await once(socket.resume(), "close");
});

test("a process that does not read is not waited for", async () => {
  const room = new Room();
  const { appender } = await room.joined();
  const socket = connect(room.file.record.socket ?? "").pause();
  onTestFinished(() => void socket.destroy());
  socket.write(frameOf('{"hello":1}'));
  const frame = (id: number, data: string, count: number): Buffer => {
    const event = JSON.stringify([["a"], null, data, null, false, null]);
    return frameOf(`{"appends":[[${id},[${Array.from({ length: count }, () => event).join()}]]]}`);
  };
  // First as many answers as a socket holds, then more than may be taken without an answer.
  for (let sent = 0; sent < 50; sent += 1) socket.write(frame(sent, "", 1_000));
  const large = frame(50, "x".repeat(500_000), 1);
  for (let sent = 0; sent < 150; sent += 1) socket.write(large);
  const taken = (): number => room.file.entries.filter(({ draft: { data } }) => data.length === 500_000).length;
  await until(() => taken() > 30);
  // Turns of the event loop, in which the rest would be read.
  for (let turn = 0; turn < 2_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await appender.append([draft("1")]);
  expect(taken()).toBeLessThan(100);
  await appender.close();
});

/** A socket that nobody listens on any more, as a process leaves it that was killed. */
async function leaveSocket(path: string): Promise<void> {
  const { execFileSync } = await import("node:child_process");
  const program =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  try {
    execFileSync(process.execPath, ["-e", program, path], { stdio: "ignore" });
  } catch {
    // Killed, as it should be.
  }
  expect(existsSync(path)).toBe(true);
}

function greet(socket: Socket): void {
  socket.on("error", () => {});
  socket.resume().write(frameOf('{"welcome":1,"durability":"fsync"}'));
  socket.write(frameOf('{"head":0,"ready":true,"answers":[]}'));
}
