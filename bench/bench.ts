import { durableParts, runDurable } from "./durable/durable.ts";
import { type FanOutRun, runUndisturbed } from "./fan-out.ts";
import { describeMachine } from "./machine.ts";
import { type MemoryRun, runMemory } from "./memory.ts";
import type { Selection } from "./options.ts";
import type { FanOutLoad, Plan } from "./plan.ts";
import { chooseCores } from "./processes/cores.ts";
import { cpuPerDelivery, deliveredPerSecond, offeredPerSecond } from "./report/fan-out-summary.ts";
import type { Results } from "./results.ts";
import { type ResumeRun, runResume } from "./resume.ts";
import type { Side } from "./sides/side.ts";
import { fanOutSides, memorySides, resumeSides } from "./sides/sides.ts";

/** Runs the whole plan, one server at a time, and tells of each step as it is done. */
export async function runBench(plan: Plan, selection: Selection, progress: (line: string) => void): Promise<Results> {
  const started = new Date().toISOString();
  const cores = chooseCores();
  const machine = await describeMachine(cores);
  const fanOut: FanOutRun[] = [];
  const memory: MemoryRun[] = [];
  const resume: ResumeRun[] = [];

  for (const load of selection.fanOut ? plan.loads : []) {
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      for (const side of inTurn(selection.sides(fanOutSides), repetition)) {
        const run = await runUndisturbed(side, load, plan, cores);
        fanOut.push(run);
        progress(`${loadName(load)}, ${repetition + 1} of ${plan.repetitions}: ${side.name}, ${fanOutLine(run)}`);
      }
    }
  }
  for (let repetition = 0; selection.memory && repetition < plan.repetitions; repetition++) {
    for (const collected of [false, true]) {
      for (const side of inTurn(selection.sides(memorySides), repetition)) {
        const run = await runMemory(side, collected, plan, cores);
        memory.push(run);
        const when = collected ? "after a full collection" : "as it stands";
        const cost = `${(run.bytesPerConnection / 1000).toFixed(2)} kB a connection ${when}`;
        progress(`memory, ${repetition + 1} of ${plan.repetitions}: ${side.name}, ${cost}`);
      }
    }
  }
  for (let repetition = 0; selection.resume && repetition < plan.repetitions; repetition++) {
    for (const side of inTurn(selection.sides(resumeSides), repetition)) {
      const run = await runResume(side, plan, cores);
      resume.push(run);
      progress(`resume, ${repetition + 1} of ${plan.repetitions}: ${side.name}, ${resumeLine(run)}`);
    }
  }
  const durable = selection.durable ? await runDurable(plan.durable, durableParts, progress) : undefined;
  return { started, machine, plan, fanOut, memory, resume, durable };
}

/** Every other repetition goes backwards, so that no side always comes after the same one. */
function inTurn(sides: readonly Side[], repetition: number): readonly Side[] {
  return repetition % 2 === 0 ? sides : sides.toReversed();
}

function loadName({ subscribers, rate }: FanOutLoad): string {
  return `${subscribers} × ${rate}/s`;
}

function fanOutLine(run: FanOutRun): string {
  const cpu = cpuPerDelivery(run).toFixed(2);
  const delivered = Math.round(deliveredPerSecond(run)).toLocaleString("en");
  return `${cpu} µs a delivery, ${delivered} of ${offeredPerSecond(run).toLocaleString("en")} deliveries a second`;
}

function resumeLine({ resumption: { streams, complete, times } }: ResumeRun): string {
  return `${complete} of ${streams} complete within ${((times?.max ?? 0) / 1000).toFixed(0)} ms`;
}
