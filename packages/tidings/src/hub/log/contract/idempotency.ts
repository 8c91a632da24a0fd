import { keyed } from "./drafts.ts";
import { codeOf, contractCase, draft, equal, type ContractCase, type LogKind } from "./case.ts";

/** What every log does with idempotency keys. */
export function idempotencyCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(
      kind,
      {},
      "appends nothing for a key that it has seen, and gives the first answer again",
      async (log) => {
        const key = { id: "k", payload: "p" };
        const [first] = await log.append([{ ...draft("a", "1"), key }]);
        const [again, other] = await log.append([{ ...draft("a", "1"), key }, draft("a", "2")]);
        equal(again, { position: first?.position, duplicate: true }, "the second answer");
        equal(other?.position.offset, (first?.position.offset ?? 0) + 1, "the next offset");
        const twice = { id: "t", payload: "p" };
        const [one, two] = await log.append([
          { ...draft("a", "3"), key: twice },
          { ...draft("a", "3"), key: twice },
        ]);
        equal([one?.duplicate, two?.duplicate, two?.position], [false, true, one?.position], "twice in one batch");
      },
    ),

    contractCase(
      kind,
      {},
      "refuses a batch with a key that was used for another payload, and appends none of it",
      async (log) => {
        await log.append([{ ...draft("a", "1"), key: { id: "k", payload: "p" } }]);
        const { head } = await log.ends();
        const conflicting = [draft("a", "2"), { ...draft("a", "3"), key: { id: "k", payload: "q" } }];
        const inBatch = [
          { ...draft("a", "2"), key: { id: "n", payload: "p" } },
          { ...draft("a", "3"), key: { id: "n", payload: "q" } },
        ];
        for (const batch of [conflicting, inBatch]) {
          equal(await codeOf(log.append(batch)), "conflict", "the error's code");
          equal((await log.ends()).head, head, "the head");
        }
      },
    ),

    contractCase(kind, { maxEvents: 2 }, "remembers a key beyond the retention of its event", async (log) => {
      const [first] = await log.append([keyed("k")]);
      await log.append([draft("a", "1"), draft("a", "2"), draft("a", "3")]);
      const [again] = await log.append([keyed("k")]);
      equal(again, { position: first?.position, duplicate: true }, "the second answer");
      equal(await codeOf(log.append([keyed("k", "q")])), "conflict", "the error's code");
    }),

    contractCase(
      kind,
      { dedupeWindow: 300_000, maxKeys: 2 },
      "forgets a key after the dedupe window, and the oldest of too many",
      async (log, { clock }) => {
        const isKnown = async (id: string): Promise<boolean | undefined> =>
          (await log.append([keyed(id)]))[0]?.duplicate;
        equal([await isKnown("k"), await isKnown("k")], [false, true], "a key");
        clock.at = 300_001;
        equal(await isKnown("k"), false, "after its window");
        equal(
          [await isKnown("l"), await isKnown("m"), await isKnown("l"), await isKnown("k")],
          [false, false, true, false],
          "one too many",
        );
      },
    ),

    contractCase(
      kind,
      { maxKeys: 3 },
      "knows a key until the batch is over in which others push it out",
      async (log) => {
        for (const id of ["k", "l", "m"]) await log.append([keyed(id)]);
        const use = async (...ids: string[]): Promise<boolean[]> =>
          (await log.append(ids.map((id) => keyed(id)))).map(({ duplicate }) => duplicate);
        equal(await use("n", "k"), [false, true], "a new key, and the oldest");
        equal(await use("k", "l"), [false, true], "the one that was pushed out, and the oldest");
      },
    ),

    contractCase(kind, {}, "appends the same key once, however many ask at once", async (log) => {
      const before = (await log.ends()).head.offset;
      const answers = (await Promise.all(Array.from({ length: 50 }, () => log.append([keyed("k")])))).flat();
      equal(answers.filter(({ duplicate }) => !duplicate).length, 1, "how many were appended");
      equal(new Set(answers.map(({ position }) => position.offset)), new Set([before + 1]), "the position");
      equal((await log.ends()).head.offset, before + 1, "the head");
    }),
  ];
}
