import { textOf, type Part } from "./arrival.ts";
import { element } from "./element.ts";
import { rowsOf } from "./rows.ts";
import { timeElement, timeOf } from "./times.ts";

/** The feed: one line an event, the newest on top. */
export function createFeed(): Part {
  const rows = rowsOf("feed", { max: 60, newest: "top" });
  return {
    show(arrival) {
      const text = textOf(arrival.data["text"]) ?? textOf(arrival.text) ?? "";
      rows.add(element("li", {}, timeElement(timeOf(arrival)), element("div", { text })));
    },
    clear: rows.clear,
  };
}
