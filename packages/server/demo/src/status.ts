import type { State } from "./connection.ts";
import { find } from "./element.ts";
import type { Counts } from "./ledger.ts";
import { atMostEvery } from "./times.ts";

/** The top of the page: what the line is, in words, and what was counted. */
export interface Status {
  state(state: State): void;
  counted(counts: Counts, lastEventId: string): void;
}

const WORDS: Record<State, string> = {
  connecting: "Connecting",
  replaying: "Replaying",
  live: "Live",
  cut: "Line cut",
  disconnected: "Disconnected",
};

/** Shows the state at once, the numbers a few times a second. */
export function createStatus(): Status {
  const line = find("#state", HTMLElement);
  const lastEvent = find("#last-event", HTMLElement);
  const received = find("#received", HTMLElement);
  const replayed = find("#replayed", HTMLElement);
  const lost = find("#lost", HTMLElement);
  let [counts, id]: [Counts, string] = [{ received: 0, replayed: 0, lost: 0 }, ""];

  const show = atMostEvery(100, () => {
    lastEvent.textContent = id === "" ? "none yet" : id;
    received.textContent = counts.received.toLocaleString("en");
    replayed.textContent = counts.replayed.toLocaleString("en");
    lost.textContent = counts.lost.toLocaleString("en");
    lost.classList.toggle("bad", counts.lost > 0);
  });

  return {
    state(state) {
      if (line.dataset["state"] === state) return;
      line.dataset["state"] = state;
      line.textContent = WORDS[state];
    },
    counted(next, lastEventId) {
      [counts, id] = [next, lastEventId];
      show();
    },
  };
}
