import type { Position } from "../log.ts";
import { draftsOf } from "./drafts.ts";
import { check, contractCase, draft, equal, type ContractCase, type LogKind } from "./case.ts";

/** What every log tells its followers. */
export function followingCases(kind: LogKind): ContractCase[] {
  return [
    contractCase(kind, {}, "tells followers all that is appended after their position, without a gap", async (log) => {
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

    contractCase(kind, {}, "first tells a follower the reset if its position is not of this history", async (log) => {
      await log.append([draft("a", "1")]);
      const stop = new AbortController();
      for await (const told of log.follow({ epoch: "elsewhere", offset: 1, tag: 1 }, stop.signal)) {
        check(told.reset === true, "a reset");
        equal(told.position.epoch, (await log.ends()).head.epoch, "the epoch");
        stop.abort();
      }
    }),

    contractCase(kind, {}, "tells what is appended while a follower takes in the reset", async (log) => {
      await log.append([draft("a", "1")]);
      const stop = new AbortController();
      let [last, end] = [0, 0];
      for await (const told of log.follow({ epoch: "elsewhere", offset: 1, tag: 1 }, stop.signal)) {
        if (told.reset) {
          last = told.position.offset;
          await log.append([draft("a", "2")]);
          await log.append([draft("a", "3")]);
          // Whoever reads sees them before the follower does.
          end = (await log.ends()).head.offset;
          continue;
        }
        for (const { offset } of told.entries) equal(offset, ++last, "the next offset");
        if (last === end) stop.abort();
      }
    }),

    contractCase(kind, {}, "tells a follower who is slow, or begins far back, everything all the same", async (log) => {
      const start = (await log.ends()).head;
      let middle: Position = start;
      for (let n = 0; n < 20; n++) {
        const answers = await log.append(draftsOf("a", `${n}`.padEnd(400, "."), 100));
        if (n === 9) middle = answers[49]?.position ?? start;
      }
      for (const from of [start, middle]) {
        const stop = new AbortController();
        let last = from.offset;
        let more = 5;
        for await (const told of log.follow(from, stop.signal)) {
          check(told.reset === undefined, "no reset");
          for (const { offset } of told.entries) {
            equal(offset, last + 1, "the next offset");
            last = offset;
          }
          // What comes while it is away.
          if (more-- > 0) await log.append(draftsOf("b", "x", 60));
          if (last === (await log.ends()).head.offset) stop.abort();
        }
      }
    }),

    contractCase(kind, {}, "tells a follower who stays far behind each entry once, in order", async (log) => {
      const { head } = await log.ends();
      await log.append([draft("a", "0")]);
      const stop = new AbortController();
      let last = head.offset;
      // More than waits for him anywhere, in batches that are smaller than what he is told at a time.
      const batch = Array.from({ length: 10 }, () => draft("a", "x".repeat(16_000)));
      const end = head.offset + 1 + 100 * batch.length;
      for await (const told of log.follow(head, stop.signal)) {
        check(told.reset === undefined && told.entries.length > 0, "at least one entry at a time");
        const more = last === head.offset ? 100 : 0;
        for (const { offset } of told.entries) equal(offset, ++last, "the next offset");
        for (let n = 0; n < more; n++) await log.append(batch);
        if (last === end) stop.abort();
      }
    }),
  ];
}
