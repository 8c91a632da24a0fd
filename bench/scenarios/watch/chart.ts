/** A line of a chart. */
interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over the same seconds. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

const width = 720;
const height = 200;
const margin = { left: 64, right: 110, top: 34, bottom: 26 };

/** Draws panels below each other, as SVG. Both axes begin at 0. */
export function chart(panels: readonly Panel[]): string {
  const drawn = panels.map((panel, index) => `<g transform="translate(0 ${index * height})">${drawPanel(panel)}</g>`);
  const all = height * panels.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${all}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${width}" height="${all}" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ title, unit, lines }: Panel): string {
  const points = lines.flatMap((line) => line.points);
  const mostX = Math.max(...points.map(([x]) => x), 1);
  const mostY = roundUp(Math.max(...points.map(([, y]) => y), 1));
  const atX = (x: number): string => (margin.left + (x / mostX) * (width - margin.left - margin.right)).toFixed(1);
  const atY = (y: number): string =>
    (height - margin.bottom - (y / mostY) * (height - margin.top - margin.bottom)).toFixed(1);
  const rules = [0, 0.5, 1].map((share) => {
    const y = atY(share * mostY);
    return `<path d="M${margin.left} ${y}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 8}" y="${y}" dy="4" text-anchor="end" fill="#555">${share * mostY} ${unit}</text>`;
  });
  const seconds = [0, 1, 2, 3, 4].map((quarter) => {
    const x = Math.round((mostX * quarter) / 4);
    return `<text x="${atX(x)}" y="${height - 8}" text-anchor="middle" fill="#555">${x} s</text>`;
  });
  const drawn = lines.map(({ name, colour, points: line }) => {
    const path = line.map(([x, y], index) => `${index === 0 ? "M" : "L"}${atX(x)} ${atY(y)}`).join("");
    const last = line.at(-1) ?? [0, 0];
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/><text x="${Number(atX(last[0])) + 6}" y="${atY(last[1])}" dy="4" fill="${colour}">${name}</text>`;
  });
  return `<text x="8" y="18" font-weight="600">${title}</text>${rules.join("")}${seconds.join("")}${drawn.join("")}`;
}

/** To the next 1, 2 or 5 with zeros. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
