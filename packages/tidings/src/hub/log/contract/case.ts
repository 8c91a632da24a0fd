import { HubError } from "../../error.ts";
import { systemRuntime, type Runtime } from "../../runtime.ts";
import { topicFilter } from "../../topic-filter.ts";
import type { Draft, Entry, Log, Page, PageLimit, Position } from "../log.ts";

/** One promise of the port, as a test: `run` rejects where the log breaks it. For any test runner. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** How a log is opened for a case: its retention and its clock, where the case is about them. */
export interface ContractOptions {
  readonly maxEvents?: number;
  /** In milliseconds. */
  readonly maxAge?: number;
  readonly maxBytes?: number;
  readonly maxTopics?: number;
  /** In milliseconds. */
  readonly dedupeWindow?: number;
  readonly maxKeys?: number;
  readonly runtime?: Runtime;
}

/** Opens an empty log. */
export type OpenLog = (options: ContractOptions) => Log | Promise<Log>;

/** What a log can that survives its process. */
export interface Survival {
  /** Opens the log again that was opened last, and is closed. */
  reopen(options: ContractOptions): Log | Promise<Log>;
  /** Damages what is stored of an entry, in the log that was opened last, and is closed. */
  damage?(offset: number): Promise<void>;
}

/** The kind of log that is tried. */
export interface LogKind {
  readonly open: OpenLog;
  readonly survival: Survival | undefined;
}

/** What a case has beside the log. */
export interface Trial {
  /** Milliseconds on the log's clock: goes when it is told to. */
  readonly clock: { at: number };
  /** Closes the log and opens it again, damaged before if it says so. */
  reopen(damaged?: number): Promise<Log>;
}

/** How much a page has where it does not matter. */
export const PAGE: PageLimit = { entries: 1_000, bytes: 1_000_000 };

/** A case: a fresh log for each, closed at its end. */
export function contractCase(
  { open, survival }: LogKind,
  options: Omit<ContractOptions, "runtime">,
  name: string,
  run: (log: Log, trial: Trial) => Promise<void>,
): ContractCase {
  return {
    name,
    async run() {
      const clock = { at: 0 };
      const begun = Date.now();
      const runtime = { ...systemRuntime(), now: () => begun + clock.at, elapsed: () => clock.at };
      let log = await open({ ...options, runtime });
      const reopen = async (damaged?: number): Promise<Log> => {
        check(survival !== undefined, "a log that survives");
        await log.close();
        if (damaged !== undefined) await survival.damage?.(damaged);
        return (log = await survival.reopen({ ...options, runtime }));
      };
      try {
        await run(log, { clock, reopen });
      } finally {
        await log.close();
      }
    },
  };
}

/** Tries until it is so, where a log may take its time: what retention takes by age. */
export async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const begun = performance.now();
  while (!(await holds())) {
    check(performance.now() - begun < 10_000, `${what}, within ten seconds`);
    await new Promise<void>((resolve) => systemRuntime().after(5, resolve, true));
  }
}

/** A draft without a name and a key. */
export function draft(topic: string | readonly string[], data: string): Draft {
  return { topics: [topic].flat(), event: undefined, data, key: undefined, private: false, audience: undefined };
}

/** A page that must not be a reset. */
export async function page(
  log: Log,
  after: Position,
  topics: readonly string[],
  limit: PageLimit = PAGE,
): Promise<Page> {
  const found = await log.read(after, topicFilter(topics), limit);
  check(found.reset === undefined, "a page, not a reset");
  return found;
}

/** All entries after a position, page by page. */
export async function readAll(
  log: Log,
  start: Position,
  topics: readonly string[],
  limit: PageLimit,
): Promise<Entry[]> {
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

/** The code of the HubError that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

/** Throws unless a condition holds. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`The log breaks its contract: expected ${what}`);
}

/** Throws unless two plain values are equal. */
export function equal(actual: unknown, expected: unknown, what: string): void {
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
