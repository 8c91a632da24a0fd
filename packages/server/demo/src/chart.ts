import { svgElement } from "./element.ts";

/** A value of the chart. `late`: it was replayed. */
export interface Point {
  readonly value: number;
  readonly late: boolean;
}

/** A line chart of the last minute. It moves when a value comes, and at no other time. */
export interface Chart {
  /** Draws the points, oldest first, and the line above which there is an alert. */
  draw(points: readonly Point[], limit: number | undefined): void;
}

/** How many points there is room for: one a second. */
export const POINTS = 60;
const HEIGHT = 46;

/** Draws into an SVG whose viewBox is `0 0 59 46`. */
export function createChart(svg: SVGSVGElement): Chart {
  const area = svgElement("path", { class: "area" });
  const limitLine = svgElement("line", { class: "limit", x1: 0, x2: POINTS - 1 });
  const curve = svgElement("path", { class: "curve" });
  const late = svgElement("path", { class: "late" });
  svg.append(area, limitLine, curve, late);

  return {
    draw(points, limit) {
      const ceiling = ceilingOf(Math.max(0, ...points.map((point) => point.value)));
      const y = (value: number): string => (HEIGHT - 1 - (Math.max(0, value) / ceiling) * (HEIGHT - 3)).toFixed(1);
      const first = POINTS - points.length;
      const at = ({ value }: Point, i: number): string => `${first + i} ${y(value)}`;
      const steps = points.map(at);
      curve.setAttribute("d", steps.length === 0 ? "" : `M${steps.join("L")}`);
      area.setAttribute(
        "d",
        steps.length === 0 ? "" : `M${first} ${HEIGHT}L${steps.join("L")}L${POINTS - 1} ${HEIGHT}Z`,
      );
      const lateSteps = points.flatMap((point, i) => {
        const before = points[i - 1];
        return point.late && before !== undefined ? [`M${at(before, i - 1)}L${at(point, i)}`] : [];
      });
      late.setAttribute("d", lateSteps.join(""));
      limitLine.toggleAttribute("hidden", limit === undefined || limit > ceiling);
      if (limit !== undefined) for (const end of ["y1", "y2"]) limitLine.setAttribute(end, y(limit));
    },
  };
}

/** The top of the scale: a round number with a little room above the highest value. */
function ceilingOf(highest: number): number {
  const wanted = Math.max(4, highest * 1.1);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const round = [1, 2, 2.5, 5, 10].find((step) => step * power >= wanted) ?? 10;
  return highest <= 100 ? Math.min(100, round * power) : round * power;
}
