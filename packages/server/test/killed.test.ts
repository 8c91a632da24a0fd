import { connect } from "tidings/client";
import { expect, onTestFinished, test } from "vitest";

import { publishTo, startHub } from "./hub.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const LIVES = 3;

/** Publishes, kills the hub and starts it again on its port, a few times; answers what a client heard and was told. */
async function livesOn(log: readonly string[]): Promise<{ readonly heard: unknown[]; readonly expected: unknown[] }> {
  let hub = await startHub(log);
  const port = String(hub.port);
  const tidings = connect(`${hub.url}/events`);
  onTestFinished(() => tidings.close());
  const heard: unknown[] = [];
  const expected: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data), { resync: ({ kind }) => void heard.push(kind) });
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("live");
  for (let life = 0; life < LIVES; life++) {
    for (let n = 0; n < 20; n++) {
      await publishTo(hub, "a", life * 100 + n);
      expected.push(life * 100 + n);
    }
    await expect.poll(() => heard.length).toBeGreaterThanOrEqual(expected.length);
    hub.kill("SIGKILL");
    await hub.exited;
    hub = await startHub([...log, "--port", port]);
    // At once: it would come by itself after one to five seconds.
    tidings.reconnect();
    if (log.includes("memory")) expected.push("reset");
    await expect.poll(() => tidings.status.getSnapshot().state, { timeout: 20_000 }).toBe("live");
    await expect.poll(() => heard.length).toBeGreaterThanOrEqual(expected.length);
  }
  return { heard, expected };
}

test("a hub that is killed and started again on the memory log: one reset each time, then complete", async () => {
  const { heard, expected } = await livesOn(["--log", "memory"]);
  expect(heard).toEqual(expected);
});

test("on the durable log nobody notices: no reset, nothing lost, nothing twice", async () => {
  const { heard, expected } = await livesOn(["--log", `lmdb:${await temporaryFolder()}`]);
  expect(heard).toEqual(expected);
});
