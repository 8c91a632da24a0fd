import { numberOf, type Arrival, type Manner } from "./arrival.ts";
import type { State } from "./connection.ts";
import { find, svgElement } from "./element.ts";
import { seqOf } from "./ledger.ts";
import { atMostEvery } from "./times.ts";

/** The wire: one tick an event, where it belongs on the line of the last minute. */
export interface Wire {
  show(arrival: Arrival): void;
  /** A line that is not there is red from then on, until it is there again. */
  state(state: State): void;
}

interface Tick {
  readonly at: number;
  readonly manner: Manner;
  readonly line: SVGLineElement;
}

interface Cut {
  readonly from: number;
  to: number | undefined;
  readonly rect: SVGRectElement;
}

const MINUTE = 60_000;
const [HEIGHT, BASE] = [74, 73];
/** Room at the right edge, so that the newest tick is not cut in half. */
const MARGIN = 250;

/** Draws into an SVG whose viewBox is as wide as the time it shows, in ms. All times on it are the publisher's. */
export function createWire(svg: SVGSVGElement): Wire {
  const start = Date.now();
  const phone = matchMedia("(max-width: 520px)");
  const words = find("#span", HTMLElement);
  const base = svgElement("line", { class: "base", y1: BASE, y2: BASE });
  svg.append(base);
  let ticks: Tick[] = [];
  let cuts: Cut[] = [];
  /** The newest time drawn; the time of the last numbered event; how far this page's clock is ahead of the publisher's. */
  let [head, lastAt, ahead] = [0, 0, Infinity];
  let timer: number | undefined;

  const now = (): number => Date.now() - start - (Number.isFinite(ahead) ? ahead : 0);

  /** A replayed event goes where it was published, by the numbered events around it. Clocks differ: see `ahead`. */
  function timeOf(arrival: Arrival): number {
    const at = seqOf(arrival) === undefined ? undefined : numberOf(arrival.data["at"]);
    if (at === undefined) return arrival.manner === "live" || lastAt === 0 ? now() : lastAt;
    if (arrival.manner === "live") ahead = Math.min(ahead, arrival.received - at);
    lastAt = Number.isFinite(ahead) ? Math.min(at - start, now() + 1_000) : at - start;
    return lastAt;
  }

  function draw(): void {
    const open = cuts.at(-1)?.to === undefined && cuts.length > 0;
    if (open) head = Math.max(head, now());
    const span = phone.matches ? MINUTE / 2 : MINUTE;
    const from = head - MINUTE + MARGIN;
    svg.setAttribute("viewBox", `${from + MINUTE - span} 0 ${span} ${HEIGHT}`);
    base.setAttribute("x1", String(from));
    base.setAttribute("x2", String(from + MINUTE));
    const shown = phone.matches ? "the last 30 s" : "the last minute";
    if (words.textContent !== shown) words.textContent = shown;
    for (const { rect, from: left, to = head + MARGIN } of cuts)
      rect.setAttribute("width", String(Math.max(0, to - left)));
    for (const tick of ticks) if (tick.at < from) tick.line.remove();
    for (const cut of cuts) if ((cut.to ?? head) < from) cut.rect.remove();
    ticks = ticks.filter((tick) => tick.at >= from);
    cuts = cuts.filter((cut) => (cut.to ?? head) >= from);
    speak();
  }

  const speak = atMostEvery(5_000, () => {
    const of = (manner: Manner): number => ticks.filter((tick) => tick.manner === manner).length;
    const cut = cuts.length === 0 ? "" : `; the line was cut ${cuts.length === 1 ? "once" : `${cuts.length} times`}`;
    const counted = `${of("live")} arrived live, ${of("replayed")} replayed, ${of("before")} from before this page${cut}`;
    svg.setAttribute("aria-label", `Events of the last minute: ${counted}`);
  });
  const drawSoon = atMostEvery(40, draw);

  return {
    show(arrival) {
      const at = timeOf(arrival);
      const quiet = arrival.event === "metric" ? " quiet" : "";
      const line = svgElement("line", {
        class: `tick ${arrival.manner}${quiet}`,
        x1: at,
        x2: at,
        y1: BASE,
        y2: BASE - height(arrival.size),
      });
      ticks.push({ at, manner: arrival.manner, line });
      svg.append(line);
      head = Math.max(head, at);
      drawSoon();
    },
    state(state) {
      const last = cuts.at(-1);
      const open = last !== undefined && last.to === undefined;
      const up = state === "live" || state === "replaying";
      if (up && open) last.to = now();
      // Before the first event there is no line that could have been cut.
      if (!up && !open && ticks.length > 0) {
        const rect = svgElement("rect", { class: "region", x: now(), y: 0, height: HEIGHT });
        svg.prepend(rect);
        cuts.push({ from: now(), to: undefined, rect });
      }
      clearInterval(timer);
      // Time goes on while one waits for the line. Disconnected, one waits for nothing.
      if (state === "cut" || state === "connecting") timer = setInterval(draw, 500);
      drawSoon();
    },
  };
}

/** From the size of an event in bytes, by its logarithm, so that a long text does not dwarf the rest. */
function height(size: number): number {
  const [low, high] = [Math.log(90), Math.log(210)];
  return 7 + 61 * Math.min(1, Math.max(0, (Math.log(size) - low) / (high - low)));
}
