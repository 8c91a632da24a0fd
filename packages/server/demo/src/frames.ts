import type { Arrival, Part } from "./arrival.ts";
import { element, find } from "./element.ts";
import { rowsOf } from "./rows.ts";

const WORDS = { before: "from before this page", replayed: "replayed", live: "" };
const MAX_DATA = 2_000;

/** What the browser received, rebuilt from the events: the newest hundred. */
export function createFrames(): Part {
  const rows = rowsOf("frames", { max: 100, newest: "bottom" });
  const hold = find("#frames-hold", HTMLButtonElement);
  hold.addEventListener("click", () => {
    const held = hold.getAttribute("aria-pressed") !== "true";
    hold.setAttribute("aria-pressed", String(held));
    rows.hold(held);
  });
  let lastId = "";
  return {
    show(arrival) {
      rows.add(frame(arrival, arrival.id !== lastId));
      lastId = arrival.id;
    },
    clear: rows.clear,
  };
}

/** The fields in the order in which the hub writes them. An `id:` was in the frame if it is another than before. */
function frame({ manner, event, id, text }: Arrival, newId: boolean): HTMLLIElement {
  const hub = event.startsWith("tidings:");
  const row = element("li", { class: hub ? "hub" : manner });
  if (!hub && WORDS[manner] !== "") row.append(element("i", { text: WORDS[manner] }));
  if (newId) row.append(field("id", id));
  if (event !== "message") row.append(field("event", event));
  const lines = (text.length > MAX_DATA ? `${text.slice(0, MAX_DATA)}…` : text).split("\n");
  row.append(...lines.map((line) => field("data", line)));
  return row;
}

function field(name: string, value: string): HTMLElement {
  return element(
    "span",
    { class: "field" },
    element("b", { text: `${name}:` }),
    document.createTextNode(value === "" ? "" : ` ${value}`),
  );
}
