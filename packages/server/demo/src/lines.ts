import { numberOf, textOf, type Part } from "./arrival.ts";
import { find, say } from "./element.ts";
import { publish } from "./publish.ts";

/** The lines above which there is an alert. They are events too, so that every open page has the same ones. */
export interface Lines extends Part {
  /** The line of a metric, or undefined where there is none. */
  of(metric: string): number | undefined;
}

/** Shows the lines in their inputs, and publishes what is typed there. An emptied input is no line. */
export function createLines(metrics: readonly string[], notice: HTMLElement): Lines {
  const inputs = new Map(metrics.map((metric) => [metric, find(`#line-${metric}`, HTMLInputElement)]));
  const lines = new Map<string, number | undefined>();
  for (const [metric, input] of inputs) {
    lines.set(metric, lineOf(input));
    input.addEventListener("change", () => {
      if (!input.checkValidity()) {
        say(notice, "A line is a number from 0 to 100, or nothing for no alert.");
        return;
      }
      const data = { metric, above: lineOf(input) ?? null };
      void publish({ topic: `demo/lines/${metric}`, event: "line", data }).then((failure) => {
        if (failure !== undefined) say(notice, `The line was not set. ${failure}`);
      });
    });
  }
  return {
    of: (metric) => lines.get(metric),
    show({ data }) {
      const metric = textOf(data["metric"]) ?? "";
      const input = inputs.get(metric);
      if (input === undefined) return;
      const above = numberOf(data["above"]);
      lines.set(metric, above);
      if (document.activeElement !== input || lineOf(input) === above)
        input.value = above === undefined ? "" : String(above);
    },
  };
}

function lineOf(input: HTMLInputElement): number | undefined {
  return numberOf(input.valueAsNumber);
}
