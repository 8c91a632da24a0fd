import type { Announcer } from "./announcer.ts";
import { textOf, type Part } from "./arrival.ts";
import { element, find, say } from "./element.ts";
import { publish } from "./publish.ts";
import { rowsOf } from "./rows.ts";
import { timeElement, timeOf } from "./times.ts";

const REMEMBERED = "tidings-demo-name";

/** The chat. What is sent goes to the hub and comes back as an event, like everyone else's. */
export function createChat(announcer: Announcer): Part {
  const rows = rowsOf("chat", { max: 60, newest: "bottom" });
  const form = find("#chat-form", HTMLFormElement);
  const name = find("#chat-name", HTMLInputElement);
  const text = find("#chat-text", HTMLInputElement);
  const failed = find("#chat-error", HTMLElement);
  name.value = recall() ?? `guest ${100 + Math.floor(Math.random() * 900)}`;
  name.addEventListener("change", () => remember(name.value));

  /** The message being sent and its key: trying again after an unclear end cannot say it twice. */
  let unsent: { said: string; at: number; key: string } | undefined;

  async function send(): Promise<void> {
    const from = name.value.trim();
    const said = text.value.trim();
    if (from === "" || said === "") return;
    unsent = unsent?.said === said ? unsent : { said, at: Date.now(), key: createKey() };
    const data = { from, text: said, at: unsent.at };
    const failure = await publish({ topic: "demo/chat", event: "chat", data, idempotencyKey: unsent.key });
    if (failure === undefined) {
      unsent = undefined;
      if (text.value.trim() === said) text.value = "";
      say(failed, undefined);
    } else {
      say(failed, `Not sent; your text is still there. ${failure}`);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });

  return {
    show(arrival) {
      const from = textOf(arrival.data["from"], 40) ?? "someone";
      const said = textOf(arrival.data["text"], 500) ?? textOf(arrival.text, 500) ?? "";
      const words = element("div", {}, element("b", { text: from }), document.createTextNode(` ${said}`));
      rows.add(element("li", {}, timeElement(timeOf(arrival)), words));
      if (arrival.manner !== "before" && from !== name.value.trim()) announcer.announce(`${from} says: ${said}`);
    },
    clear: rows.clear,
  };
}

/** `crypto.randomUUID` is there only on https and localhost; this is everywhere. */
function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

function recall(): string | undefined {
  try {
    return localStorage.getItem(REMEMBERED) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(REMEMBERED, name);
  } catch {
    // A browser that keeps nothing: the name lasts as long as the page.
  }
}
