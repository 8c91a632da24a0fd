import { expect, test } from "vitest";

import { startHub } from "./hub.ts";

test("the metrics say how many subscribe, and what was published and delivered", async () => {
  const hub = await startHub();
  const stream = await fetch(`${hub.url}/events?topic=a`);
  const reader = stream.body?.getReader();
  await reader?.read();
  const headers = { "Content-Type": "application/json" };
  for (const data of ["1", "2"]) {
    await fetch(`${hub.url}/publish`, { method: "POST", headers, body: JSON.stringify({ topic: "a", data }) });
    await reader?.read();
  }
  const response = await fetch(`${hub.url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  const text = await response.text();
  expect(text).toMatch(/^tidings_subscribers\{state="live"\} 1$/m);
  expect(text).toMatch(/^tidings_events_published_total 2$/m);
  expect(text).toMatch(/^tidings_events_delivered_total 2$/m);
  expect(text).toMatch(/^tidings_streams_closed_total\{reason="client"\} 0$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
  // Counted once, however often they are read.
  expect(await (await fetch(`${hub.url}/metrics`)).text()).toMatch(/^tidings_events_published_total 2$/m);

  const refused = await fetch(`${hub.url}/metrics`, { method: "POST" });
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  await reader?.cancel();
});
