import { draftsOf } from "./drafts.ts";
import type { Draft } from "../log.ts";
import { check, codeOf, contractCase, draft, equal, page, readAll, type ContractCase, type LogKind } from "./case.ts";

/** What every log does when it is appended to, and closed. */
export function appendingCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, {}, "gives entries the next offsets and tags that are not 0", async (log) => {
      const before = (await log.ends()).head;
      const answers = await log.append([draft("a", "1"), draft("b", "2"), draft("a", "3")]);
      equal(
        answers.map(({ position }) => position.offset),
        [1, 2, 3].map((step) => before.offset + step),
        "offsets",
      );
      for (const { position, duplicate } of answers) {
        equal([position.epoch, duplicate], [before.epoch, false], "epoch and duplicate");
        check(position.tag > 0 && position.tag <= 0xffff_ffff, `a tag of 32 bits that is not 0, not ${position.tag}`);
      }
      equal((await log.ends()).head, answers[2]?.position, "the head");
    }),

    contractCase(kind, {}, "keeps every field of an entry as it was given", async (log) => {
      const full: Draft = {
        ...draft(["a", "Grüße/☃"], 'line\nline\r\u0000"\\ 😀'),
        event: "paid",
        private: true,
        audience: { roles: ["x"], users: ["y"] },
      };
      const start = (await log.ends()).head;
      await log.append([full, draft("a", "")]);
      const [first, second] = (await page(log, start, ["a"])).entries;
      check(first !== undefined && second !== undefined, "both entries are read");
      const { version, offset: _, tag: __, time, key: ___, ...fields } = first;
      const { key: ____, ...given } = full;
      equal([version, fields], [1, given], "the fields");
      check(Math.abs(Date.now() - time) < 60_000 * 60 * 24 * 365 * 100, "time is milliseconds since 1970");
      equal([second.event, second.data], [undefined, ""], "an entry without a name and with empty data");
    }),

    contractCase(kind, {}, "ends its followers when it is closed, and refuses to append", async (log) => {
      const { head } = await log.ends();
      const follow = async (): Promise<void> => {
        for await (const told of log.follow(head, new AbortController().signal))
          check(told === undefined, "nothing told");
      };
      const following = follow();
      await log.close();
      await following;
      await follow();
      equal(await codeOf(log.append([draft("a", "1")])), "closed", "the error's code");
    }),

    contractCase(kind, {}, "keeps concurrent appends in the order of the calls, each batch together", async (log) => {
      const start = (await log.ends()).head;
      const batches = Array.from({ length: 300 }, (_, n) => draftsOf("a", `${n}`, 1 + (n % 7)));
      const answers = await Promise.all(batches.map((batch) => log.append(batch)));
      const offsets = answers.flat().map(({ position }) => position.offset - start.offset);
      equal(
        offsets,
        offsets.map((_, index) => index + 1),
        "the offsets, call by call",
      );
      const entries = await readAll(log, start, ["a"], { entries: 100, bytes: 1_000_000 });
      equal(
        entries.map(({ data }) => data),
        batches.flat().map(({ data }) => data),
        "what is read",
      );
      equal(
        entries.map(({ offset, tag }) => [offset, tag]),
        answers.flat().map(({ position }) => [position.offset, position.tag]),
        "the offsets and tags that are read",
      );
    }),

    contractCase(kind, {}, "is ready until it is closed", async (log) => {
      await log.append([draft("a", "1")]);
      check(log.ready, "a log that is ready when it has taken an event");
      await log.close();
      check(!log.ready, "a log that is not ready when it is closed");
    }),
  ];
}
