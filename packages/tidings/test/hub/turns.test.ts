import { describe, expect, test } from "vitest";
import { Turns } from "../../src/hub/turns.ts";
import { seeded, SimulatedRuntime } from "../simulation.ts";

describe("turns", () => {
  test("are given round robin, so many at a time", async () => {
    const runtime = new SimulatedRuntime(seeded(1));
    const turns = new Turns(runtime, 3, () => false);
    const log: string[] = [];
    const done: (() => void)[] = [];
    let running = 0;
    const replay = async (name: string, pages: number): Promise<void> => {
      for (let page = 1; page <= pages; page++) {
        if (!(await turns.next({ closed: false }))) return;
        expect(++running).toBeLessThanOrEqual(3);
        log.push(`${name}${page}`);
        await new Promise<void>((resolve) => done.push(resolve));
        running--;
        turns.done();
      }
    };
    const all = ["a", "b", "c", "d"].map((name) => replay(name, 3));
    for (let round = 0; round < 40; round++) {
      runtime.turn();
      await runtime.settle(5);
      if (running === 3 || round > 20) done.shift()?.();
      await runtime.settle(5);
    }
    await Promise.all(all);
    expect(log).toEqual(["a1", "b1", "c1", "d1", "a2", "b2", "c2", "d2", "a3", "b3", "c3", "d3"]);
  });

  test("pass by who has closed, and lose no place to him", async () => {
    const runtime = new SimulatedRuntime(seeded(1));
    const turns = new Turns(runtime, 1, () => false);
    const who = { closed: false };
    const gone = turns.next(who);
    const other = turns.next({ closed: false });
    who.closed = true;
    while (runtime.turn()) await runtime.settle(3);
    expect(await Promise.all([gone, other])).toEqual([false, true]);
  });

  test("stand back for live events, and not for ever", async () => {
    const runtime = new SimulatedRuntime(seeded(1));
    let busy = true;
    const turns = new Turns(runtime, 1, () => busy);
    const order: string[] = [];
    const begin = (name: string): void => {
      void turns.next({ closed: false }).then(() => {
        order.push(name);
        turns.done();
      });
    };
    const run = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        runtime.turn();
        await runtime.settle(5);
      }
    };
    begin("patient");
    await run(5);
    expect(order).toEqual([]);
    await run(300);
    expect(order).toEqual(["patient"]);
    begin("after them");
    await run(5);
    busy = false;
    await run(2);
    expect(order).toEqual(["patient", "after them"]);
  });
});
