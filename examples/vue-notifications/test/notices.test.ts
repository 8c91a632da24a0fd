// @vitest-environment happy-dom
import { createTestSource, type TestSource } from "tidings/testing";
import { createTidings } from "tidings/vue";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createApp, h, ref } from "vue";

import type { Notice } from "../src/events.ts";
import { type Notices, topicOf, useArrivals, useNotices } from "../src/use-notices.ts";

let source: TestSource;
let notices: Notices;
const person = ref("ada");
const arrived: string[] = [];
beforeEach(async () => {
  source = createTestSource();
  person.value = "ada";
  arrived.length = 0;
  await tell("ada", "before anybody looked");
  const client = source.connect();
  const app = createApp({
    setup() {
      notices = useNotices(person);
      useArrivals(person, ({ title }) => arrived.push(title));
      return () => h("p");
    },
  }).use(createTidings({ client }));
  app.mount(document.createElement("div"));
  onTestFinished(() => {
    app.unmount();
    client.close();
  });
  await source.settled();
});

async function tell(whom: string, title: string): Promise<void> {
  const notice: Notice = { kind: "info", title, text: "", at: 0 };
  await source.emit(topicOf(whom), "notice", notice);
}

const titles = (): string[] => notices.list.value.map(({ title }) => title);

test("lists what was there before and what comes, the newest first", async () => {
  expect(titles()).toEqual(["before anybody looked"]);
  await tell("ada", "now");
  await tell("grace", "for another");
  expect(titles()).toEqual(["now", "before anybody looked"]);
  expect(arrived).toEqual(["now"]);
});

test("counts what is unread", async () => {
  await tell("ada", "now");
  expect(notices.unread.value).toBe(2);
  const [first] = notices.list.value;
  if (first !== undefined) notices.read(first);
  expect([notices.unread.value, first !== undefined && notices.isRead(first)]).toEqual([1, true]);
  notices.read();
  expect(notices.unread.value).toBe(0);
});

test("loses nothing to a cut", async () => {
  await source.drop();
  await tell("ada", "during the cut");
  expect(titles()).toEqual(["before anybody looked"]);
  await source.advance(60_000);
  expect(titles()).toEqual(["during the cut", "before anybody looked"]);
});

test("follows the person over the same connection", async () => {
  await tell("grace", "for grace");
  person.value = "grace";
  await source.settled();
  expect(titles()).toEqual(["for grace"]);
  await tell("ada", "not for grace");
  expect(titles()).toEqual(["for grace"]);
  expect(source.connections).toBe(1);
});
