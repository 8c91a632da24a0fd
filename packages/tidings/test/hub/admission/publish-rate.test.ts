import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { PublishRate } from "../../../src/hub/admission/publish-rate.ts";
import { createHub, type HubLimits, type Party, type Runtime } from "../../../src/index.ts";
import { systemRuntime } from "../../../src/hub/runtime.ts";

/** A bucket as the textbook has it, in whole thousandths of an event. */
class Bucket {
  readonly #perSecond: bigint;
  readonly #burst: bigint;
  #tokens: bigint;
  #at = 0n;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = BigInt(perSecond);
    this.#tokens = this.#burst = BigInt(burst) * 1_000n;
  }

  take(events: number, at: number): boolean {
    this.#tokens += (BigInt(at) - this.#at) * this.#perSecond;
    if (this.#tokens > this.#burst) this.#tokens = this.#burst;
    this.#at = BigInt(at);
    const asked = BigInt(events) * 1_000n;
    if (asked > this.#tokens) return false;
    this.#tokens -= asked;
    return true;
  }
}

const RATE = fc.record({ perSecond: fc.integer({ min: 1, max: 5_000 }), burst: fc.integer({ min: 1, max: 1_000 }) });
const STEPS = fc.array(
  fc.record({
    pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5_000 })),
    events: fc.integer({ min: 1, max: 50 }),
    key: fc.constantFrom("a", "b"),
  }),
  { minLength: 1, maxLength: 200 },
);

describe("a rate", () => {
  test("lets through exactly what a bucket of whole numbers does, and says exactly how long to wait", () => {
    fc.assert(
      fc.property(RATE, STEPS, (given, steps) => {
        const rate = new PublishRate(given, 100);
        const buckets = { a: new Bucket(given.perSecond, given.burst), b: new Bucket(given.perSecond, given.burst) };
        let now = 0;
        for (const { pause, events, key } of steps) {
          now += pause;
          if (events > given.burst) continue;
          const wait = rate.wait(key, events, now);
          const taken = buckets[key].take(events, now);
          expect(wait === 0).toBe(taken);
          if (taken) rate.take(key, events, now);
          // Not a millisecond earlier, and then it is there.
          else
            expect([
              rate.wait(key, events, now + Math.ceil(wait) - 1) > 0,
              rate.wait(key, events, now + Math.ceil(wait)),
            ]).toEqual([true, 0]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("remembers no more keys than it may, and forgets those whose bucket is full again", () => {
    const rate = new PublishRate({ perSecond: 10, burst: 10 }, 100);
    for (let n = 0; n < 1_000; n++) rate.take(`key ${n}`, 1, 0);
    expect(rate.size).toBe(100);
    // The newest are those who are remembered.
    rate.take("key 999", 9, 0);
    expect(rate.wait("key 999", 1, 0)).toBe(100);
    for (let n = 0; n < 100; n++) rate.take("key 999", 1, 60_000);
    expect(rate.size).toBe(1);
  });
});

/** A runtime whose clock a test sets. */
function clocked(): { runtime: Runtime; clock: { elapsed: number } } {
  const clock = { elapsed: 5_000 };
  return { clock, runtime: { ...systemRuntime(), elapsed: () => clock.elapsed } };
}

function batch(events: number): { topic: string; data: string }[] {
  return Array.from({ length: events }, (_, n) => ({ topic: "a", data: String(n) }));
}

describe("a hub with a rate", () => {
  test("takes the burst at once, then its rate, and rejects what is beyond with the time to wait", async () => {
    const { runtime, clock } = clocked();
    const hub = createHub({ runtime, limits: { publishRate: { perSecond: 10, burst: 3 } } });
    await hub.publishBatch(batch(3));
    await expect(hub.publish("a", { data: "4" })).rejects.toMatchObject({ code: "rate-limited", retryAfter: 100 });
    await expect(hub.publishBatch(batch(2))).rejects.toMatchObject({ code: "rate-limited", retryAfter: 200 });
    clock.elapsed += 99;
    await expect(hub.publish("a", { data: "4" })).rejects.toMatchObject({ code: "rate-limited", retryAfter: 1 });
    clock.elapsed += 1;
    await hub.publish("a", { data: "4" });
    expect(hub.stats()).toMatchObject({ published: 4, rateLimited: 3 });
    await hub.close();
  });

  test("takes nothing of a batch that is beyond it, and says that one beyond the burst never fits", async () => {
    const { runtime } = clocked();
    const hub = createHub({ runtime, limits: { publishRate: { perSecond: 10, burst: 3 } } });
    await expect(hub.publishBatch(batch(4))).rejects.toMatchObject({
      code: "batch-too-large",
      message: expect.stringMatching(/at most 3 events, not 4: the burst/) as string,
    });
    await hub.publish("a", { data: "1" });
    await expect(hub.publishBatch(batch(3))).rejects.toMatchObject({ code: "rate-limited" });
    // What was refused has cost nothing: two are still there.
    await hub.publishBatch(batch(2));
    expect(hub.stats()).toMatchObject({ published: 3, rateLimited: 2 });
    await hub.close();
  });

  test("charges nothing for what is refused for what it is", async () => {
    const { runtime } = clocked();
    const hub = createHub({ runtime, limits: { publishRate: { perSecond: 1 } } });
    await expect(hub.publish("*", { data: "1" })).rejects.toMatchObject({ code: "bad-topic" });
    await hub.publish("a", { data: "1" });
    await expect(hub.publish("a", { data: "2" })).rejects.toMatchObject({ code: "rate-limited" });
    await hub.close();
  });

  test.for<{ limits: HubLimits; one: Party; same: Party; other: Party }>([
    {
      limits: { publishRatePerAddress: { perSecond: 1 } },
      one: { address: "2001:db8::1" },
      same: { address: "2001:db8::2", principal: "someone else" },
      other: { address: "2001:db8:0:1::1" },
    },
    {
      limits: { publishRatePerPrincipal: { perSecond: 1 } },
      one: { principal: "ann" },
      same: { principal: "ann", address: "192.0.2.1" },
      other: { principal: "bob" },
    },
  ])("per party does not let one take what is another's: $limits", async ({ limits, one, same, other }) => {
    const { runtime } = clocked();
    const hub = createHub({ runtime, limits });
    await hub.publish("a", { data: "1" }, one);
    await expect(hub.publish("a", { data: "2" }, same)).rejects.toMatchObject({ code: "rate-limited" });
    await hub.publish("a", { data: "3" }, other);
    // Who is not named is not held to a rate of his own.
    for (let n = 0; n < 10; n++) await hub.publish("a", { data: "the embedder's own" });
    await hub.close();
  });

  test("takes from all of its rates or from none", async () => {
    const { runtime, clock } = clocked();
    const limits = { publishRate: { perSecond: 1, burst: 4 }, publishRatePerAddress: { perSecond: 1, burst: 2 } };
    const hub = createHub({ runtime, limits });
    await hub.publishBatch(batch(2), { address: "192.0.2.1" });
    for (let n = 0; n < 5; n++) {
      await expect(hub.publish("a", { data: "3" }, { address: "192.0.2.1" })).rejects.toMatchObject({
        code: "rate-limited",
        retryAfter: 1_000,
      });
    }
    // The hub's own two are still there for another.
    await hub.publishBatch(batch(2), { address: "192.0.2.2" });
    await expect(hub.publish("a", { data: "5" }, { address: "192.0.2.3" })).rejects.toMatchObject({
      retryAfter: 1_000,
    });
    clock.elapsed += 1_000;
    await hub.publish("a", { data: "5" }, { address: "192.0.2.3" });
    await hub.close();
  });
});

test.for<HubLimits>([
  { connections: 0 },
  { connectionsPerAddress: 1.5 },
  { connectionsPerPrincipal: -1 },
  { publishRate: { perSecond: 0 } },
  { publishRate: { perSecond: Infinity } },
  { publishRate: { perSecond: 1, burst: 0 } },
  { publishRate: 5 as never },
])("a limit that cannot be is refused: %j", (limits) => {
  expect(() => createHub({ limits })).toThrow(expect.objectContaining({ code: "bad-option" }));
});
