import { topicFilter } from "../../topic-filter.ts";
import type { Log } from "../log.ts";
import { check, codeOf, contractCase, draft, equal, page, readAll, type ContractCase, type LogKind } from "./case.ts";
import { draftsOf, keyed } from "./drafts.ts";

/** What a log does that survives its process, when it is opened again; and when what is stored is damaged. */
export function survivalCases(kind: LogKind): ContractCase[] {
  if (kind.survival === undefined) return [];
  return [...reopeningCases(kind), ...(kind.survival.damage === undefined ? [] : damageCases(kind))];
}

function reopeningCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, {}, "has all that was acknowledged when it is opened again", async (log, { reopen }) => {
      const start = (await log.ends()).head;
      const batches = Array.from({ length: 200 }, (_, n) => draftsOf(`t/${n % 5}`, `${n}`, 1 + (n % 40)));
      await Promise.all(batches.map((batch) => log.append(batch)));
      const before = await log.ends();
      const entries = await readAll(log, start, ["**"], { entries: 500, bytes: 1_000_000 });
      const again = await reopen();
      equal(await again.ends(), before, "the ends");
      equal(await readAll(again, start, ["**"], { entries: 500, bytes: 1_000_000 }), entries, "the entries");
      equal(
        (await readAll(again, start, ["t/3"], { entries: 500, bytes: 1_000_000 })).map(({ offset }) => offset),
        entries.filter(({ topics }) => topics.includes("t/3")).map(({ offset }) => offset),
        "the entries of a topic",
      );
      const [next] = await again.append([draft("a", "1")]);
      equal(next?.position.offset, before.head.offset + 1, "the next offset");
      check(
        (await again.read(before.head, topicFilter(["a"]), { entries: 1, bytes: 1 })).reset === undefined,
        "its head",
      );
    }),

    contractCase(
      kind,
      { maxEvents: 10 },
      "knows what is gone, what is kept and its keys when it is opened again",
      async (log, { clock, reopen }) => {
        await log.append([draft("quiet", "value"), keyed("k"), keyed("l")]);
        await log.append(draftsOf("busy", "x", 12));
        const [recent] = await log.append([keyed("m")]);
        const before = await log.ends();
        let again = await reopen();
        equal(await again.ends(), before, "the ends");
        equal(
          (await again.latest(topicFilter(["quiet"]), 1, before.head)).map(({ data }) => data),
          ["value"],
          "the kept event",
        );
        equal(
          (await again.append([keyed("k"), keyed("m")])).map(({ duplicate, position }) => [duplicate, position.offset]),
          [
            [true, 2],
            [true, recent?.position.offset],
          ],
          "the answers to known keys",
        );
        equal(await codeOf(again.append([keyed("l", "q")])), "conflict", "the error's code");
        equal((await again.ends()).head, before.head, "the head");
        again = await reopen();
        clock.at = 300_001;
        equal((await again.append([keyed("k")]))[0]?.duplicate, false, "a key after its window");
      },
    ),

    contractCase(
      kind,
      { maxEvents: 20, maxKeys: 10 },
      "counts a key from its last use, when it is opened again",
      async (log, { reopen }) => {
        const use = async (to: Log, ...ids: string[]): Promise<(boolean | undefined)[]> => {
          const answers: (boolean | undefined)[] = [];
          for (const id of ids) answers.push((await to.append([keyed(id)]))[0]?.duplicate);
          return answers;
        };
        const others = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => name + n);
        await use(log, ...others("a", 2), "k", ...others("b", 16));
        equal(await use(log, "k"), [false], "a key that too many came after");
        await use(log, ...others("c", 5));
        equal(await use(await reopen(), "k"), [true], "a key that was used again");
      },
    ),

    contractCase(
      kind,
      { maxEvents: 1, maxKeys: 5 },
      "knows as many keys as before when it is opened again, whatever came together with the oldest",
      async (log, { reopen }) => {
        const ids = ["a", "b", "c", "d", "e"];
        await log.append(ids.map((id) => keyed(id)));
        for (const each of [keyed("f"), draft("a", "1"), draft("a", "2")]) await log.append([each]);
        const again = await reopen();
        for (const id of [...ids.slice(1), "f"]) {
          equal((await again.append([keyed(id)]))[0]?.duplicate, true, `whether ${id} is known`);
        }
      },
    ),

    contractCase(
      kind,
      { maxAge: 3_600_000 },
      "is not misled by a clock that is set back",
      async (log, { clock, reopen }) => {
        clock.at = 3_600_000;
        const [first] = await log.append([draft("a", "1")]);
        await log.close();
        // An hour back, for a log that is opened now.
        clock.at = 0;
        const again = await reopen();
        equal((await again.ends()).head, first?.position, "the head");
        const [second] = await again.append([draft("a", "2")]);
        equal(second?.position.offset, (first?.position.offset ?? 0) + 1, "the next offset");
        equal((await again.ends()).evictedThrough.offset, 0, "what is gone");
      },
    ),
  ];
}

function damageCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, {}, "tells where an entry is damaged, and never a wrong one", async (log, { reopen }) => {
      const start = (await log.ends()).head;
      const answers = await log.append(draftsOf("a", "before", 5));
      await log.append([draft("b", "other"), ...draftsOf("a", "after", 5)]);
      const [one, two] = [answers[1]?.position, answers[2]?.position];
      check(one !== undefined && two !== undefined, "an answer for each draft");
      const again = await reopen(two.offset);
      for (const topics of [["a"], ["*"], ["a", "b"]]) {
        const found = await page(again, start, topics);
        const data = found.entries.filter(({ topics: [topic] }) => topic === "a").map((entry) => entry.data);
        equal(
          data,
          ["0", "1", "3", "4"].map((n) => `before.${n}`).concat(draftsOf("", "after", 5).map((d) => d.data)),
          "data",
        );
        equal(found.corrupt, [{ after: one, through: two }], "what could not be read");
        equal(found.through, (await again.ends()).head, "how far the page has looked");
      }
      const later = await page(again, two, ["a"]);
      equal([later.corrupt, later.entries.length], [[], 7], "a page from behind it");
      const [next] = await again.append([draft("a", "more")]);
      equal(next?.position.offset, (await again.ends()).head.offset, "an append goes on");
    }),
  ];
}
