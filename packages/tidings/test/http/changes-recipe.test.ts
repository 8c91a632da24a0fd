import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

import express from "express";
import { expect, onTestFinished, test } from "vitest";

import { fencesOf } from "../../../../test/fences.ts";
import { connect, type Tidings } from "../../src/client/index.ts";
import { problem, PROBLEM_TYPE } from "../../src/http/index.ts";
import { createHub, type Hub, HubError } from "../../src/index.ts";
import { listen } from "./node-server.ts";

const page = await readFile(join(import.meta.dirname, "../../../../docs/library.md"), "utf8");
const recipe = fencesOf(page).find(({ comment }) => comment === "recipe: change open streams")?.text ?? "";

interface Side {
  readonly hub: Hub;
  readonly url: string;
  readonly client: Tidings;
  /** Methods and statuses. */
  readonly answers: string[];
  cut(): void;
}

/** The recipe as it stands, with our client. */
async function serveRecipe(): Promise<Side> {
  const hub = createHub({ retry: { min: 20, max: 60 } });
  const app = express();
  app.use((req, _, next) => {
    Object.assign(req, { user: { id: "ada" } });
    next();
  });
  const mayRead = (_: unknown, topic: string): boolean => topic !== "secret";
  const given = { app, express, hub, mayRead, HubError, problem, PROBLEM_TYPE };
  // oxlint-disable-next-line typescript/no-implied-eval -- it is our own page
  new Function(...Object.keys(given), stripTypeScriptTypes(recipe).replaceAll(/^import .*$/gm, ""))(
    ...Object.values(given),
  );
  const { server, url } = await listen(app);
  const answers: string[] = [];
  const client = connect(`${url}/events`, {
    retry: { min: 20, base: 20 },
    async fetch(input, init) {
      const response = await fetch(input, init);
      answers.push(`${init?.method} ${response.status}`);
      return response;
    },
  });
  onTestFinished(async () => {
    client.close();
    await hub.close({ drain: 0 });
  });
  return { hub, url: `${url}/events`, client, answers, cut: () => server.closeAllConnections() };
}

test("the recipe for changing open streams serves our client: two topics, one that joins, and a reconnection", async () => {
  const { hub, client, answers, cut } = await serveRecipe();
  const heard: unknown[] = [];
  const hear = (topic: string): void => void client.onAny(topic, ({ data }) => heard.push(data));
  const isLive = (): Promise<void> => expect.poll(() => client.status.getSnapshot().state).toBe("live");

  hear("users/ada");
  hear("rooms/1");
  await isLive();
  hear("rooms/2");
  await expect.poll(() => answers).toEqual(["GET 200", "PATCH 200"]);
  const publish = async (round: number): Promise<void> => {
    for (const topic of ["users/ada", "rooms/1", "rooms/2"]) await hub.publish(topic, { data: { topic, round } });
  };
  const brought = (round: number): unknown[] => ["users/ada", "rooms/1", "rooms/2"].map((topic) => ({ topic, round }));
  await publish(1);
  await expect.poll(() => heard).toEqual(brought(1));

  cut();
  await expect.poll(() => client.inspect().connections).toBe(2);
  await isLive();
  await publish(2);
  await expect.poll(() => heard).toEqual([...brought(1), ...brought(2)]);
});

test("the recipe for changing open streams refuses what one may not read, and nothing else with it", async () => {
  const { client } = await serveRecipe();
  client.onAny("rooms/1", () => undefined);
  await expect.poll(() => client.status.getSnapshot().state).toBe("live");
  const refused: unknown[] = [];
  const onError = ({ status }: { status: number | undefined }): unknown => refused.push(status);
  for (const topic of ["secret", "rooms/2"]) client.onAny(topic, () => undefined, { onError });
  await expect.poll(() => refused).toEqual([403]);
  await expect.poll(() => Object.keys(client.inspect().topics)).toEqual(["rooms/1", "rooms/2"]);
  expect(client.status.getSnapshot().state).toBe("live");
});

test.for([
  [{ stream: "gone", add: ["a"] }, 404],
  [{ stream: "gone", add: "abc" }, 403],
  [{ stream: "gone", add: { every: 1 } }, 403],
  [{ stream: "gone", add: ["secret"] }, 403],
  [{ stream: "gone", remove: "abc" }, 404],
  [{ stream: { a: 1 } }, 404],
  [{}, 404],
] as const)("the recipe for changing open streams answers %j with %i", async ([change, status]) => {
  const { url } = await serveRecipe();
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "PATCH", headers, body: JSON.stringify(change) });
  expect([answer.status, status === 403 || answer.headers.get("Content-Type")?.startsWith(PROBLEM_TYPE)]).toEqual([
    status,
    true,
  ]);
});

test("the recipe for changing open streams answers a subscription that cannot be with its problem", async () => {
  const { url } = await serveRecipe();
  for (const [query, status] of [
    ["topic=a*", 400],
    ["topic=$hub/x", 400],
    ["topic=secret", 403],
  ] as const) {
    expect((await fetch(`${url}?${query}`)).status).toBe(status);
  }
});
