import { createAnnouncer } from "./announcer.ts";
import { textOf, type Arrival, type Part } from "./arrival.ts";
import { createChat } from "./chat.ts";
import { createClientSheet } from "./client-sheet.ts";
import { createConnection } from "./connection.ts";
import { createControls } from "./controls.ts";
import { createDesktop } from "./desktop.ts";
import { find, say } from "./element.ts";
import { createFeed } from "./feed.ts";
import { createFrames } from "./frames.ts";
import { createLedger } from "./ledger.ts";
import { createLines } from "./lines.ts";
import { createMetrics } from "./metrics.ts";
import { createNotifications } from "./notifications.ts";
import { createOperation } from "./operation.ts";
import { createPublishSheet } from "./publish-sheet.ts";
import { createStatus } from "./status.ts";
import { createWire } from "./wire.ts";

const RESET =
  "The hub has another history now; most likely it was restarted. What was missed is gone with the old one, so the counting starts again.";

const notice = find("#notice", HTMLElement);
const status = createStatus();
const wire = createWire(find("#wire", SVGSVGElement));
const frames = createFrames();
const ledger = createLedger();
const announcer = createAnnouncer();
const lines = createLines(["cpu", "memory"], notice);
const chat = createChat(announcer);

/** Which part of the page shows which events. An event without a name is taken for something said. */
const parts = new Map<string, Part>([
  ["metric", createMetrics(lines)],
  ["line", lines],
  ["notification", createNotifications(announcer, createDesktop())],
  ["feed", createFeed()],
  ["chat", chat],
  ["message", chat],
  ["operation", createOperation()],
]);

const connection = createConnection({
  state(state) {
    status.state(state);
    wire.state(state);
    controls.state(state);
    if (state === "live" && notice.dataset["until"] === "live") say(notice, undefined);
  },
  arrival(arrival) {
    ledger.add(arrival);
    status.counted(ledger.counts, arrival.id);
    wire.show(arrival);
    frames.show(arrival);
    parts.get(arrival.event)?.show(arrival);
  },
  control(arrival) {
    status.counted(ledger.counts, arrival.id);
    frames.show(arrival);
  },
  confession(confession, { data }) {
    ledger.restart();
    for (const part of parts.values()) part.clear?.();
    tell(confession === "reset" ? RESET : gapWords(data));
  },
  refused() {
    tell(
      "The server answered with something that is no stream of events. The page tries again every few seconds.",
      "live",
    );
  },
});
const controls = createControls(connection);

function gapWords({ reason, after, through }: Arrival["data"]): string {
  const range = `after ${textOf(after) ?? "?"} through ${textOf(through) ?? "?"}`;
  return `The hub no longer has what came ${range} (${textOf(reason) ?? "no reason given"}). It says so, and the counting starts again.`;
}

/** Says something about the line; it stays, or goes when the page is live again. */
function tell(words: string, until: "live" | "" = ""): void {
  notice.dataset["until"] = until;
  say(notice, words);
}

createPublishSheet();
createClientSheet();
connection.connect();
