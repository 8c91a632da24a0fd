import { textOf, type Arrival, type Part } from "./arrival.ts";
import type { Announcer } from "./announcer.ts";
import type { Desktop } from "./desktop.ts";
import { element, find, say } from "./element.ts";
import { publish } from "./publish.ts";
import { rowsOf } from "./rows.ts";
import { timeElement, timeOf } from "./times.ts";

const TYPES = ["success", "warning", "error", "info"] as const;
type Type = (typeof TYPES)[number];

const SAMPLES: Record<Type, readonly [title: string, text: string]> = {
  success: ["It worked", "A success, sent by hand"],
  warning: ["Take care", "A warning, sent by hand"],
  error: ["It failed", "An error, sent by hand"],
  info: ["By the way", "An information, sent by hand"],
};

/** The list of notifications, and the buttons that send one of each type. */
export function createNotifications(announcer: Announcer, desktop: Desktop): Part {
  const rows = rowsOf("notifications", { max: 60, newest: "top" });
  const failed = find("#notify-error", HTMLElement);
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-notify]")) {
    button.addEventListener("click", () => void send(button.dataset["notify"]));
  }

  async function send(name: string | undefined): Promise<void> {
    const type = typeOf(name);
    const [title, text] = SAMPLES[type];
    const data = { type, title, text, at: Date.now() };
    const failure = await publish({ topic: "demo/notifications", event: "notification", data });
    say(failed, failure === undefined ? undefined : `Not sent. ${failure}`);
  }

  return {
    show(arrival) {
      const { type, title, text } = read(arrival);
      const when = element("i", { text: `${type}, ` }, timeElement(timeOf(arrival)));
      const words = element("span", {}, element("span", { text }), when);
      rows.add(element("li", { class: `toast ${type}` }, element("div", {}, element("b", { text: title }), words)));
      if (arrival.manner === "before") return;
      announcer.announce(`${type}: ${title}. ${text}`);
      // What was missed during a cut is in the list; it is too late to interrupt for it.
      if (arrival.manner === "live") desktop.show(title, text);
    },
    clear: rows.clear,
  };
}

function read({ data, text }: Arrival): { type: Type; title: string; text: string } {
  const type = typeOf(data["type"]);
  const title = textOf(data["title"], 80) ?? textOf(text, 80) ?? "";
  return { type, title, text: textOf(data["text"]) ?? "" };
}

function typeOf(value: unknown): Type {
  return TYPES.find((type) => type === value) ?? "info";
}
