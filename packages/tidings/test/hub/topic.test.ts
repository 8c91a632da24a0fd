import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HubError } from "../../src/hub/error.ts";
import { topicFilter } from "../../src/hub/topic-filter.ts";
import { TopicIndex } from "../../src/hub/topic-index.ts";
import { checkPattern, checkTopic } from "../../src/hub/topic.ts";
import { matchesPattern } from "../../src/wire/topic-pattern.ts";

/** What the words say, without a thought for speed. */
function naive(pattern: string[], topic: string[]): boolean {
  const [wanted, ...rest] = pattern;
  const [segment, ...others] = topic;
  if (wanted === undefined || segment === undefined) return wanted === segment;
  if (wanted === "**") return true;
  return (wanted === "*" || wanted === segment) && naive(rest, others);
}

function oracle(pattern: string, topic: string): boolean {
  if (pattern.startsWith("*") && topic.startsWith("$")) return false;
  return naive(pattern.split("/"), topic.split("/"));
}

const segment = fc.constantFrom("a", "b", "", "$", "a$");
const topics = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join("/"));
const patterns = fc
  .tuple(fc.array(fc.oneof(segment, fc.constant("*")), { minLength: 0, maxLength: 4 }), fc.constantFrom("*", "**", "a"))
  .map(([segments, last]) => [...segments, last].join("/"));

describe("a pattern", () => {
  test("matches as the naive oracle does", () => {
    fc.assert(
      fc.property(patterns, topics, (pattern, topic) => matchesPattern(pattern, topic) === oracle(pattern, topic)),
      {
        numRuns: 20_000,
      },
    );
  });

  test("is found by the index for just the topics that it matches, whoever has come and gone", () => {
    const names = fc.uniqueArray(fc.oneof(patterns, topics), { minLength: 1, maxLength: 4 });
    const command = fc.oneof(
      names.map((subscribed) => ({ subscribed })),
      fc.nat(20).map((leaves) => ({ leaves })),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), fc.array(topics, { maxLength: 5 }), (commands, published) => {
        const index = new TopicIndex<{ filter: ReturnType<typeof topicFilter>; closed: boolean }>();
        const here: { filter: ReturnType<typeof topicFilter>; closed: boolean; subscribed: string[] }[] = [];
        for (const each of commands) {
          if ("subscribed" in each) {
            const subscribed = each.subscribed.filter((name) => name !== "" && !name.startsWith("$"));
            if (subscribed.length === 0) continue;
            const member = { filter: topicFilter(subscribed), closed: false, subscribed };
            here.push(member);
            index.add(member);
          } else {
            const [member] = here.splice(each.leaves, 1);
            if (member === undefined) continue;
            member.closed = true;
            index.delete(member);
          }
        }
        for (const topic of published) {
          const found = new Set<object>();
          index.find(topic, (member) => {
            if (!member.closed) found.add(member);
          });
          const wanted = here.filter(({ subscribed }) =>
            subscribed.some((name) => (name.includes("*") ? oracle(name, topic) : name === topic)),
          );
          expect(found).toEqual(new Set(wanted));
        }
        const asked = new Set(here.flatMap(({ subscribed }) => subscribed));
        expect(index.size).toBe(asked.size);
      }),
      { numRuns: 3_000 },
    );
  });

  test("takes no more steps than it has segments: one that would make a backtracking matcher stand still returns", () => {
    const many = "a/".repeat(511);
    expect(matchesPattern(`${"*/".repeat(511)}b`, `${many}a`)).toBe(false);
    const index = new TopicIndex<{ filter: ReturnType<typeof topicFilter>; closed: boolean }>();
    for (let depth = 1; depth < 200; depth++) {
      for (const name of [`${"*/".repeat(depth)}b`, `${"a/".repeat(depth)}*/b`, `${"*/".repeat(depth)}**`]) {
        index.add({ filter: topicFilter([name]), closed: false });
      }
    }
    let calls = 0;
    index.find(`${many}a`, () => calls++);
    expect(calls).toBe(199);
  });

  test.each([
    ["", "empty"],
    ["$hub/x", "the hub's own"],
    ["a\nb", "a line end"],
    ["a\u0000", "NUL"],
    ["a\u0085", "a C1 control"],
    ["\ud800", "a lone surrogate"],
    ["é".repeat(513), "more than 1,024 bytes"],
    ["a/**/b", "** in the middle"],
    ["a*", "a wildcard inside a segment"],
    ["***", "three stars"],
  ])("is refused: %j, %s", (pattern) => {
    expect(() => checkPattern(pattern)).toThrow(HubError);
    expect(() => checkTopic(pattern)).toThrow(HubError);
  });

  test.each(["a", "https://example.com/books/1?x=y#z", "/", "//", "é".repeat(512), "with space", "日本語", "a$"])(
    "may be a plain topic: %j",
    (topic) => {
      expect(checkPattern(topic)).toBe(false);
      expect(() => checkTopic(topic)).not.toThrow();
    },
  );
});
