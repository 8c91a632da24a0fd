import { busyLoad, type FanOutLoad, isSameLoad, steadyLoad, wideLoad } from "../plan.ts";
import type { Results } from "../results.ts";
import { type FanOutSummary, summarizeAll } from "./fan-out-summary.ts";
import { memoryCost } from "./memory-table.ts";
import { threeDigits } from "./spread.ts";

/** One group of bars: less is better in all of them. A side without a value does not keep up. */
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly side: string; readonly value: number | undefined }[];
}

const width = 880;
const panelWidth = 416;
const gap = width - 2 * panelWidth;
const labelWidth = 104;
const valueWidth = 74;
const barStep = 24;
const headHeight = 34;

// No font of its own, and colours for light and for dark pages: an image in a page cannot take them from it.
const style = `
text { font: 13px system-ui, sans-serif; fill: #1d1f1e; }
.title { font-weight: 600; }
.quiet { fill: #676660; }
.peer { fill: #a9a69d; }
.ours { fill: #0c7a5f; }
@media (prefers-color-scheme: dark) {
  text { fill: #ece9e1; }
  .quiet { fill: #989b96; }
  .peer { fill: #5b6061; }
  .ours { fill: #3ecf9e; }
}`;

/** Draws what can be compared at a glance, as SVG: processor time, latency and memory. Panels without a bar are left out. */
export function chart(results: Results): string {
  const panels = panelsOf(results).filter(({ bars }) => bars.length > 0);
  const rowHeights: number[] = [];
  panels.forEach(({ bars }, index) => {
    const row = Math.floor(index / 2);
    rowHeights[row] = Math.max(rowHeights[row] ?? 0, headHeight + bars.length * barStep + 24);
  });
  const topOf = (row: number): number => rowHeights.slice(0, row).reduce((sum, height) => sum + height, 16);
  const height = topOf(rowHeights.length);
  const drawn = panels.map((panel, index) =>
    panelSvg(panel, (index % 2) * (panelWidth + gap), topOf(Math.floor(index / 2))),
  );
  const text = panels.map(({ title, unit, bars }) => {
    const values = bars.map(({ side, value }) => `${side} ${valueText(value, unit)}`);
    return `${title}: ${values.join(", ")}.`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">Tidings beside its peers; shorter is better</title>
<desc id="desc">${text.join(" ")}</desc>
<style>${style}
</style>
${drawn.join("\n")}
</svg>
`;
}

function panelsOf({ fanOut, memory, plan }: Results): Panel[] {
  const bars = (load: FanOutLoad, read: (summary: FanOutSummary) => number | undefined): Panel["bars"] =>
    summarizeAll(fanOut.filter((run) => isSameLoad(run.load, load))).map((summary) => ({
      side: summary.side,
      value: read(summary),
    }));
  const name = ({ subscribers, rate }: FanOutLoad): string =>
    `${subscribers.toLocaleString("en")} × ${rate.toLocaleString("en")}/s`;
  const { few, many } = plan.idle;
  return [
    {
      title: `CPU per delivery, ${name(busyLoad)}`,
      unit: "µs",
      bars: bars(busyLoad, ({ cpuMicros }) => cpuMicros?.median),
    },
    {
      title: `CPU per delivery, ${name(wideLoad)}`,
      unit: "µs",
      bars: bars(wideLoad, ({ cpuMicros }) => cpuMicros?.median),
    },
    {
      title: `Publish to receive, p99, ${name(steadyLoad)}`,
      unit: "ms",
      bars: bars(steadyLoad, ({ p99Ms }) => p99Ms?.median),
    },
    {
      title: `Idle connection, in use (${few / 1000}k–${many / 1000}k)`,
      unit: "kB",
      bars: [...new Set(memory.map(({ side }) => side))].flatMap((side) => {
        const value = memoryCost(memory, side, true)?.median;
        return value === undefined ? [] : [{ side, value }];
      }),
    },
  ];
}

function panelSvg({ title, unit, bars }: Panel, left: number, top: number): string {
  const longest = Math.max(...bars.map(({ value }) => value ?? 0));
  const room = panelWidth - labelWidth - valueWidth;
  const rows = bars.map(({ side, value }, index) => {
    const y = top + headHeight + index * barStep;
    const length = longest > 0 ? (Math.max(0, value ?? 0) / longest) * room : 0;
    return `<text x="${left + labelWidth - 8}" y="${y + 13}" text-anchor="end">${side}</text>
<rect class="${side.startsWith("tidings") ? "ours" : "peer"}" x="${left + labelWidth}" y="${y}" width="${length.toFixed(1)}" height="17" rx="2"/>
<text class="quiet" x="${(left + labelWidth + length + 6).toFixed(1)}" y="${y + 13}">${valueText(value, unit)}</text>`;
  });
  return `<text class="title" x="${left}" y="${top + 12}">${title}</text>\n${rows.join("\n")}`;
}

function valueText(value: number | undefined, unit: string): string {
  return value === undefined ? "does not keep up" : `${threeDigits(value)} ${unit}`;
}
