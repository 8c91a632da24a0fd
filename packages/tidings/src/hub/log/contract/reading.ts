import { changedFilter, filterWith, topicFilter } from "../../topic-filter.ts";
import type { Position } from "../log.ts";
import { draftsOf } from "./drafts.ts";
import { check, contractCase, draft, equal, page, PAGE, readAll, type ContractCase, type LogKind } from "./case.ts";

/** What every log does when it is read. */
export function readingCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, {}, "reads all that a filter asks for, in order, page by page", async (log) => {
      const start = (await log.ends()).head;
      const topics = Array.from({ length: 97 }, (_, index) => ["a", "b", "c/d", "c/e"][index % 4] ?? "a");
      await log.append(topics.map((topic, index) => draft(topic, String(index))));
      for (const wanted of [["a"], ["a", "b"], ["c/*"], ["**"], ["b", "c/*"], ["nobody"]]) {
        const filter = topicFilter(wanted);
        const expected = topics.flatMap((topic, index) => (filter.matches([topic]) ? [String(index)] : []));
        for (const entries of [1, 7, 1_000]) {
          const read = await readAll(log, start, wanted, { entries, bytes: 1_000_000 });
          equal(
            read.filter((entry) => filter.matches(entry.topics)).map(({ data }) => data),
            expected,
            `${wanted.join()} by ${entries}`,
          );
        }
      }
    }),

    contractCase(
      kind,
      {},
      "reads what the hub's own topics have by name alone, and nothing for nothing",
      async (log) => {
        const start = (await log.ends()).head;
        await log.append([draft("a", "1"), draft("$hub/x", "2"), draft("b", "3")]);
        const { head } = await log.ends();
        const nothing = changedFilter(topicFilter(["a"]), [], ["a"]);
        for (const [filter, expected] of [
          [nothing, []],
          [filterWith(nothing, "$hub/x"), ["2"]],
          [filterWith(topicFilter(["a"]), "$hub/x"), ["1", "2"]],
          [filterWith(topicFilter(["b", "x/*"]), "$hub/x"), ["2", "3"]],
          [topicFilter(["**"]), ["1", "3"]],
        ] as const) {
          const found = await log.read(start, filter, PAGE);
          check(found.reset === undefined, "a page, not a reset");
          const wanted = found.entries.filter(({ topics }) => filter.matches(topics)).map(({ data }) => data);
          equal([wanted, found.through], [expected, head], filter.key);
        }
      },
    ),

    contractCase(kind, {}, "answers reset for a position that is not of its history", async (log) => {
      const start = (await log.ends()).head;
      const [first] = await log.append([draft("a", "1"), draft("a", "2")]);
      check(first !== undefined, "an answer for each draft");
      const { position } = first;
      const foreign: Position[] = [
        { ...position, epoch: `${position.epoch}x` },
        { ...position, offset: position.offset + 2 },
        { ...position, tag: position.tag === 1 ? 2 : position.tag - 1 },
        { ...start, tag: start.tag + 1 },
      ];
      for (const wrong of foreign) {
        const found = await log.read(wrong, topicFilter(["a"]), PAGE);
        check(found.reset === true, `reset for ${JSON.stringify(wrong)}`);
        equal(found.oldest, start, "the oldest position");
      }
      equal(
        (await page(log, position, ["a"])).entries.map(({ data }) => data),
        ["2"],
        "what follows a good one",
      );
    }),

    contractCase(kind, {}, "answers the newest of each topic up to a position, each entry once", async (log) => {
      const answers = await log.append([
        draft("a", "a1"),
        draft(["a", "b"], "ab"),
        draft("c", "c1"),
        draft("a", "a2"),
        draft("c", "c2"),
      ]);
      const through = answers[3]?.position;
      check(through !== undefined, "an answer for each draft");
      const newest = async (topics: string[], n: number): Promise<string[]> =>
        (await log.latest(topicFilter(topics), n, through)).map(({ data }) => data);
      equal(await newest(["a"], 1), ["a2"], "one of a topic");
      equal(await newest(["a", "b", "c"], 1), ["ab", "c1", "a2"], "one of each topic");
      equal(await newest(["a"], 9), ["a1", "ab", "a2"], "more than there are");
      equal(await newest(["*"], 1), ["ab", "c1", "a2"], "by pattern");
      equal(await newest(["nobody"], 1), [], "of a topic without events");
    }),

    contractCase(kind, {}, "keeps a page within its limits, but for its first entry", async (log) => {
      const start = (await log.ends()).head;
      const sizes = [10, 2_000, 10, 10, 5_000, 10, 700, 700, 700, 10];
      await log.append(sizes.map((size, index) => draft(index % 3 === 0 ? "b" : "a", `${index}`.padEnd(size, "."))));
      const { head } = await log.ends();
      for (const topics of [["a"], ["a", "b"], ["*"]]) {
        for (const limit of [
          { entries: 3, bytes: 100_000 },
          { entries: 100, bytes: 1_500 },
          { entries: 1, bytes: 1 },
        ]) {
          for (let after = start; after.offset < head.offset;) {
            const { entries, through } = await page(log, after, topics, limit);
            check(entries.length <= limit.entries, `at most ${limit.entries} entries, not ${entries.length}`);
            const bytes = entries.slice(0, -1).reduce((sum, { data }) => sum + data.length, 0);
            check(bytes < limit.bytes, `no entry after ${limit.bytes} bytes, and not after ${bytes}`);
            check(through.offset > after.offset, "a page that looks further than its start");
            check((entries.at(-1)?.offset ?? 0) <= through.offset, "no entry beyond what it has looked at");
            after = through;
          }
        }
      }
    }),

    contractCase(kind, {}, "knows every position of its history, and none with another tag", async (log) => {
      const start = (await log.ends()).head;
      const answers = [start, ...(await log.append(draftsOf("a", "x", 40))).map(({ position }) => position)];
      await log.append(draftsOf("b", "y", 3));
      for (const position of answers) {
        check(
          (await log.read(position, topicFilter(["a"]), PAGE)).reset === undefined,
          "a page after its own position",
        );
        const wrong = { ...position, tag: (position.tag ^ 1) >>> 0 };
        check((await log.read(wrong, topicFilter(["a"]), PAGE)).reset === true, "reset for another tag");
      }
    }),

    contractCase(kind, {}, "reads the same after very many events, however it stores them", async (log) => {
      const start = (await log.ends()).head;
      const names = ["a", "b", "a/b", "c/d/e", "rare"];
      const topicOf = (n: number): string =>
        n % 2_500 === 7 ? "rare" : (names[(n * 7 + Math.floor(n / 3)) % 4] ?? "a");
      for (let n = 0; n < 10_000; n += 500) {
        await log.append(Array.from({ length: 500 }, (_, index) => draft(topicOf(n + index), `${n + index}`)));
      }
      const { head } = await log.ends();
      for (const topics of [["rare"], ["a", "rare"], ["c/*/*"], ["b", "nobody"]]) {
        const filter = topicFilter(topics);
        const expected = Array.from({ length: 10_000 }, (_, n) => n).filter((n) => filter.matches([topicOf(n)]));
        const read = await readAll(log, start, topics, { entries: 900, bytes: 1_000_000 });
        const wanted = read.filter((entry) => filter.matches(entry.topics)).map(({ data }) => Number(data));
        equal(wanted, expected, topics.join());
        const newest = (await log.latest(filter, 3, head)).map(({ data }) => data);
        check(
          newest.length >= 3 && newest.every((data) => filter.matches([topicOf(Number(data))])),
          "newest of its topics",
        );
        const first = await log.latest(topicFilter(["rare"]), 1, { ...head, offset: start.offset + 3_000 });
        equal(
          first.map(({ data }) => data),
          ["2507"],
          "the newest of a topic up to an early position",
        );
      }
    }),
  ];
}
