import { HubError } from "../error.ts";
import { changedFilter, filterWith, topicFilter } from "../topic-filter.ts";
import type { Draft, Entry, Log, Page, PageLimit, Position } from "./log.ts";

/** One promise of the port, as a test: `run` rejects where the log breaks it. For any test runner. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Opens an empty log. `maxEvents`: its retention, where the case is about it. */
export type OpenLog = (options: { readonly maxEvents?: number }) => Log | Promise<Log>;

const PAGE: PageLimit = { entries: 1_000, bytes: 1_000_000 };

/** What every log must do. See `Log` for the words. */
export function logContract(open: OpenLog): ContractCase[] {
  return [
    contractCase(open, {}, "gives entries the next offsets and tags that are not 0", async (log) => {
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

    contractCase(open, {}, "keeps every field of an entry as it was given", async (log) => {
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

    contractCase(open, {}, "reads all that a filter asks for, in order, page by page", async (log) => {
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
      open,
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

    contractCase(open, {}, "answers reset for a position that is not of its history", async (log) => {
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

    contractCase(open, {}, "tells followers all that is appended after their position, without a gap", async (log) => {
      const start = (await log.ends()).head;
      await log.append([draft("a", "0"), draft("a", "1")]);
      const stop = new AbortController();
      const heard: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const following = (async () => {
        for await (const told of log.follow(start, stop.signal)) {
          check(told.reset === undefined, "no reset");
          for (const entry of told.entries) heard.push(entry.data);
          if (heard.length === 8) resolve();
        }
      })();
      for (let index = 2; index < 8; index += 2) await log.append([draft("a", `${index}`), draft("b", `${index + 1}`)]);
      await promise;
      equal(heard, ["0", "1", "2", "3", "4", "5", "6", "7"], "what was heard");
      stop.abort();
      await following;
    }),

    contractCase(open, {}, "first tells a follower the reset if its position is not of this history", async (log) => {
      await log.append([draft("a", "1")]);
      const stop = new AbortController();
      for await (const told of log.follow({ epoch: "elsewhere", offset: 1, tag: 1 }, stop.signal)) {
        check(told.reset === true, "a reset");
        equal(told.position.epoch, (await log.ends()).head.epoch, "the epoch");
        stop.abort();
      }
    }),

    contractCase(
      open,
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
      open,
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

    contractCase(open, {}, "answers the newest of each topic up to a position, each entry once", async (log) => {
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

    contractCase(open, { maxEvents: 3 }, "evicts the oldest, and says through where", async (log) => {
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
      open,
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

    contractCase(open, {}, "ends its followers when it is closed, and refuses to append", async (log) => {
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
  ];
}

function contractCase(
  open: OpenLog,
  options: { readonly maxEvents?: number },
  name: string,
  run: (log: Log) => Promise<void>,
): ContractCase {
  return {
    name,
    async run() {
      const log = await open(options);
      try {
        await run(log);
      } finally {
        await log.close();
      }
    },
  };
}

function draft(topic: string | readonly string[], data: string): Draft {
  return { topics: [topic].flat(), event: undefined, data, key: undefined, private: false, audience: undefined };
}

async function page(log: Log, after: Position, topics: readonly string[], limit: PageLimit = PAGE): Promise<Page> {
  const found = await log.read(after, topicFilter(topics), limit);
  check(found.reset === undefined, "a page, not a reset");
  return found;
}

async function readAll(log: Log, start: Position, topics: readonly string[], limit: PageLimit): Promise<Entry[]> {
  const { head } = await log.ends();
  const entries: Entry[] = [];
  for (let after = start; after.offset < head.offset;) {
    const found = await page(log, after, topics, limit);
    check(found.through.offset > after.offset, "a page looks further than its start");
    entries.push(...found.entries);
    after = found.through;
  }
  return entries;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`The log breaks its contract: expected ${what}`);
}

function equal(actual: unknown, expected: unknown, what: string): void {
  // The values are plain: texts, numbers and objects made of them, written in one order.
  const [got, wanted] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))];
  if (got !== wanted) throw new Error(`The log breaks its contract: ${what} should be ${wanted}, and is ${got}`);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return Array.isArray(value) ? value.map(sorted) : (value ?? null);
  }
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
