import { numberOf, type Arrival } from "./arrival.ts";
import { createChart, POINTS, type Point } from "./chart.ts";
import { element, find } from "./element.ts";
import { atMostEvery } from "./times.ts";

/** How one metric is shown. */
export interface MetricShape {
  readonly metric: string;
  /** Its name in a sentence. */
  readonly name: string;
  readonly unit: string;
  /** What more there is to say, from the event's data. */
  more(data: Readonly<Record<string, unknown>>): string;
}

/** The sheet of one metric: its latest value in large, and the last minute as a chart. */
export interface MetricSheet {
  show(arrival: Arrival, value: number, limit: number | undefined): void;
  clear(): void;
}

/** The text alternative follows at most this often, in ms: a screen reader should get to the end of it. */
const SPOKEN_EVERY = 4_000;

/** The sheet of the page with the id `metric-<metric>`. */
export function createMetricSheet({ metric, name, unit, more }: MetricShape): MetricSheet {
  const sheet = find(`#metric-${metric}`, HTMLElement);
  const figure = find(".value", HTMLElement, sheet);
  const moreLine = find(".more", HTMLElement, sheet);
  const svg = find(".chart", SVGSVGElement, sheet);
  const chart = createChart(svg);
  const withUnit = (value: number): string => (unit === "" ? shown(value) : `${shown(value)} ${unit}`);
  let points: Point[] = [];

  const speak = atMostEvery(SPOKEN_EVERY, () => {
    const latest = points.at(-1);
    if (latest === undefined) return;
    const values = points.map((point) => point.value);
    const range = `between ${shown(Math.min(...values))} and ${withUnit(Math.max(...values))} in the last minute`;
    svg.setAttribute("aria-label", `${name}: ${withUnit(latest.value)}, ${range}`);
  });

  return {
    show({ data, manner }, value, limit) {
      points = [...points, { value, late: manner === "replayed" }].slice(-POINTS);
      const over = limit !== undefined && value > limit;
      figure.replaceChildren(shown(value), ...(unit === "" ? [] : [element("span", { class: "unit", text: unit })]));
      moreLine.textContent = over ? `above ${limit} ${unit}` : more(data);
      sheet.classList.toggle("over", over);
      chart.draw(points, limit);
      speak();
    },
    clear() {
      points = [];
    },
  };
}

/** The four shapes, in the words of the publisher's data. */
export const metricShapes: readonly MetricShape[] = [
  {
    metric: "cpu",
    name: "CPU",
    unit: "%",
    more({ cores }) {
      if (!Array.isArray(cores)) return "";
      const shares = cores.map((share) => shown(numberOf(share) ?? 0));
      return shares.length <= 4 ? `${plural(shares.length, "core")}: ${shares.join(", ")}` : `${shares.length} cores`;
    },
  },
  {
    metric: "memory",
    name: "Memory",
    unit: "%",
    more: ({ used, total }) => `${gigabytes(used)} of ${gigabytes(total)} GB`,
  },
  {
    metric: "connections",
    name: "Connections",
    unit: "",
    more: ({ live }) => (numberOf(live) === undefined ? "" : `${shown(Number(live))} live`),
  },
  {
    metric: "events",
    name: "Events per second",
    unit: "",
    more: ({ delivered }) => `${shown(numberOf(delivered) ?? 0)} delivered`,
  },
];

/** Whole numbers are enough to read from afar; small ones keep the decimal that they have. */
function shown(value: number): string {
  return (Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value)).toLocaleString("en");
}

function plural(count: number, noun: string): string {
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}

function gigabytes(bytes: unknown): string {
  return ((numberOf(bytes) ?? 0) / 1e9).toFixed(1);
}
