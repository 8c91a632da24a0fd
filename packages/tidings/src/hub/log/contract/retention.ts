import { filterWith, topicFilter } from "../../topic-filter.ts";
import type { Log } from "../log.ts";
import { draftsOf } from "./drafts.ts";
import { check, contractCase, draft, equal, eventually, page, PAGE, type ContractCase, type LogKind } from "./case.ts";

/** What every log does with what it does not keep. */
export function retentionCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, { maxEvents: 3 }, "evicts the oldest, and says through where", async (log) => {
      const start = (await log.ends()).head;
      const answers = await log.append(["1", "2", "3", "4", "5"].map((data) => draft("a", data)));
      const { head, evictedThrough } = await log.ends();
      equal([head, evictedThrough], [answers[4]?.position, answers[1]?.position], "the ends");
      const found = await page(log, start, ["a"]);
      equal(
        [found.evictedThrough, found.entries.map(({ data }) => data)],
        [evictedThrough, ["3", "4", "5"]],
        "a page from before",
      );
      equal(
        (await page(log, evictedThrough, ["a"])).entries.map(({ data }) => data),
        ["3", "4", "5"],
        "a page from just there",
      );
      const forged = { ...evictedThrough, tag: evictedThrough.tag === 1 ? 2 : evictedThrough.tag - 1 };
      check(
        (await log.read(forged, topicFilter(["a"]), PAGE)).reset === true,
        "reset for a wrong tag of the newest one gone",
      );
    }),

    contractCase(
      kind,
      { maxEvents: 3 },
      "keeps a topic's newest event beyond retention, for latest alone",
      async (log) => {
        await log.append([draft("quiet", "old"), draft("quiet", "value")]);
        await log.append(["1", "2", "3", "4"].map((data) => draft("busy", data)));
        const { head, evictedThrough } = await log.ends();
        equal(
          (await log.latest(topicFilter(["quiet"]), 5, head)).map(({ data }) => data),
          ["value"],
          "latest",
        );
        equal(
          (await page(log, evictedThrough, ["quiet"])).entries.filter(({ topics }) => topics.includes("quiet")),
          [],
          "a page",
        );
        await log.append([draft("quiet", "new")]);
        equal(
          (await log.latest(topicFilter(["quiet"]), 5, (await log.ends()).head)).map(({ data }) => data),
          ["new"],
          "after another",
        );
      },
    ),

    contractCase(
      kind,
      { maxEvents: 100 },
      "keeps as many events as it should, whatever the batches are",
      async (log) => {
        for (const count of [1, 99, 1, 40, 250, 3, 100, 7]) {
          const answers = await log.append(draftsOf("a", "x", count));
          const { head, evictedThrough } = await log.ends();
          equal(head, answers.at(-1)?.position, "the head");
          equal(evictedThrough.offset, Math.max(0, head.offset - 100), "the newest that is gone");
          const found = await page(log, evictedThrough, ["a"]);
          equal(found.entries.length, Math.min(100, head.offset), "how many are read");
        }
      },
    ),

    contractCase(
      kind,
      { maxAge: 60_000 },
      "lets go what is too old, and knows its head when all is gone",
      async (log, { clock }) => {
        const [first] = await log.append([draft("a", "1")]);
        clock.at = 30_000;
        const [second] = await log.append([draft("a", "2")]);
        clock.at = 60_001;
        await eventually(
          async () => (await log.ends()).evictedThrough.offset === first?.position.offset,
          "the first goes",
        );
        equal((await log.ends()).evictedThrough, first?.position, "the newest that is gone");
        clock.at = 90_001;
        await eventually(
          async () => (await log.ends()).evictedThrough.offset === second?.position.offset,
          "the second goes",
        );
        const { head } = await log.ends();
        equal(head, second?.position, "the head");
        const found = await page(log, head, ["a"]);
        equal([found.entries, found.through], [[], head], "a page at the head");
        const [third] = await log.append([draft("a", "3")]);
        equal(third?.position.offset, head.offset + 1, "the next offset");
      },
    ),

    contractCase(kind, { maxBytes: 100_000 }, "is bounded in bytes", async (log) => {
      for (let n = 0; n < 50; n++) await log.append([draft("a", "x".repeat(10_000))]);
      const { head, evictedThrough } = await log.ends();
      const kept = head.offset - evictedThrough.offset;
      check(kept >= 2 && kept <= 10, `2 to 10 of 10,000 bytes, not ${kept}`);
    }),

    contractCase(
      kind,
      { maxEvents: 1, maxTopics: 2 },
      "keeps the newest of so many topics, the longest unpublished out first, and none of the hub's own",
      async (log) => {
        for (const topic of ["a", "b", "a", "$hub/x", "c", "$hub/y", "busy"]) await log.append([draft(topic, topic)]);
        equal(
          [await newest(log, "a"), await newest(log, "b"), await newest(log, "c")],
          [["a"], [], ["c"]],
          "the newest",
        );
        const hubs = filterWith(topicFilter(["nobody"]), "$hub/x");
        equal(await log.latest(hubs, 1, (await log.ends()).head), [], "the newest of the hub's own");
        equal(await newest(log, "*"), ["a", "c", "busy"], "the newest of all");
        await log.append([draft("busy", "busier")]);
        equal(await newest(log, "*"), ["a", "c", "busier"], "the newest when one has another");
      },
    ),

    contractCase(
      kind,
      { maxEvents: 3 },
      "answers reset for what cannot be its own, of what is gone, too",
      async (log) => {
        const answers = await log.append(draftsOf("a", "x", 9));
        const gone = answers[1]?.position;
        check(gone !== undefined, "an answer for each draft");
        const found = await log.read(gone, topicFilter(["a"]), PAGE);
        check(found.reset === undefined, "a page after a position that is gone");
        equal(found.entries.length, 3, "how many are left");
        check(
          (await log.read({ ...gone, offset: 99 }, topicFilter(["a"]), PAGE)).reset === true,
          "reset ahead of the head",
        );
      },
    ),
  ];
}

async function newest(log: Log, topic: string): Promise<string[]> {
  return (await log.latest(topicFilter([topic]), 1, (await log.ends()).head)).map(({ data }) => data);
}
