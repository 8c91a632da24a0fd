import { numberOf, type Arrival } from "./arrival.ts";
import { publish } from "./publish.ts";

/** Watches values cross their lines, and says so once for all. */
export interface Alerts {
  check(arrival: Arrival, metric: string, value: number, line: number | undefined): void;
}

/** A value has to fall this far below its line before another crossing counts, so that trembling is not news. */
const BAND = 3;

/**
 * Every open page watches, and every one publishes the alert. All of them name it by the number of the value that
 * crossed, in the idempotency key: the hub appends it once, however many pages are open.
 */
export function createAlerts(names: ReadonlyMap<string, string>): Alerts {
  const over = new Map<string, boolean>();
  return {
    check({ data, manner }, metric, value, line) {
      if (line === undefined) {
        over.delete(metric);
        return;
      }
      const before = over.get(metric);
      const now = value > line || (before === true && value > line - BAND);
      over.set(metric, now);
      if (!now || before !== false || manner === "before") return;
      const [seq, at] = [numberOf(data["seq"]), numberOf(data["at"])];
      void publish({
        topic: "demo/notifications",
        event: "notification",
        data: {
          type: "warning",
          title: `${names.get(metric) ?? metric} above ${line} %`,
          text: `It is ${value} % now`,
          at,
        },
        idempotencyKey: `demo-alert/${metric}/${seq}/${at}`,
      });
    },
  };
}
