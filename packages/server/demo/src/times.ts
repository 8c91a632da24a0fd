import { numberOf, type Arrival } from "./arrival.ts";

/** A time of day as the lists show it, `14:02:11`, with the machine-readable one beside it. */
export function timeElement(ms: number): HTMLTimeElement {
  const time = document.createElement("time");
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  time.textContent = parts.map((part) => String(part).padStart(2, "0")).join(":");
  time.dateTime = date.toISOString();
  return time;
}

/** When an event was published, as far as it says so and it is a time; else when it came. */
export function timeOf({ data, received }: Arrival): number {
  const at = numberOf(data["at"]);
  return at !== undefined && Math.abs(at) < 8.64e15 ? at : received;
}

/** Runs a task at most once in so many ms, the last time at the end. */
export function atMostEvery(ms: number, task: () => void): () => void {
  let timer: number | undefined;
  let last = -Infinity;
  return () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        task();
      },
      Math.max(0, last + ms - performance.now()),
    );
  };
}
