import { expect, test } from "vitest";

import { createFront, type FrontOptions } from "../../src/http/index.ts";
import { createHub, memoryLog, type Hub, type Log } from "../../src/index.ts";

/** A log that may be unable to take events. */
function fickleLog(): { readonly log: Log; ready: boolean } {
  const fickle = { ready: true };
  const log: Log = Object.defineProperty(memoryLog(), "ready", { get: () => fickle.ready });
  return Object.assign(fickle, { log });
}

async function readiness(hub: Hub, options: FrontOptions = {}): Promise<string> {
  const response = await createFront(hub, options).fetch(new Request("http://localhost/readyz"));
  return `${response.status} ${await response.text()}`;
}

test("/readyz says that the hub is ready, that its log takes no events, and that it is closing", async () => {
  const fickle = fickleLog();
  const hub = createHub({ log: fickle.log });
  expect(await readiness(hub)).toBe("200 ready");
  fickle.ready = false;
  expect(hub.stats().ready).toBe(false);
  expect(await readiness(hub)).toBe("503 the log takes no events at the moment");
  fickle.ready = true;
  expect(await readiness(hub)).toBe("200 ready");
  await hub.close({ drain: 0 });
  expect(await readiness(hub)).toBe("503 closing");
});

test("/readyz asks whom it was told to ask, where a hub is of several processes", async () => {
  const hub = createHub();
  expect(await readiness(hub, { trouble: async () => "worker 2: closing" })).toBe("503 worker 2: closing");
  expect(await readiness(hub, { trouble: async () => undefined })).toBe("200 ready");
  await hub.close({ drain: 0 });
});
