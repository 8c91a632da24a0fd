import { numberOf, textOf, type Part } from "./arrival.ts";
import { element, find, say } from "./element.ts";
import { post } from "./publish.ts";

/** The long operation: a button that starts it, and a bar with words that follows its events. */
export function createOperation(): Part {
  const start = find("#operation-start", HTMLButtonElement);
  const bar = find("#operation-bar", HTMLProgressElement);
  const words = find("#operation-words", HTMLElement);
  const share = find("#operation-share", HTMLElement);
  const failed = find("#operation-error", HTMLElement);
  const atRest = words.textContent ?? "";

  start.addEventListener("click", () => {
    void post("/demo/operation").then((failure) => say(failed, failure));
  });

  function progress(done: number, total: number, text: string): void {
    bar.max = Math.max(1, total);
    bar.value = done;
    words.textContent = text;
    share.textContent = total === 0 ? "" : `${Math.floor((100 * done) / total)} %`;
  }

  return {
    show({ data }) {
      const file = textOf(data["file"], 60);
      const done = numberOf(data["done"]) ?? 0;
      const total = numberOf(data["total"]) ?? 0;
      bar.classList.toggle("failed", data["state"] === "failed");
      if (data["state"] === "running") {
        progress(done, total, total === 0 ? "Looking for files" : `Hashing ${count(done)} of ${count(total)} files`);
        if (file !== undefined) words.append(element("br"), element("code", { text: file }));
      } else if (data["state"] === "finished") {
        const seconds = ((numberOf(data["ms"]) ?? 0) / 1000).toFixed(1);
        const size = ((numberOf(data["bytes"]) ?? 0) / 1e6).toFixed(1);
        progress(done, total, `${count(done)} files, ${size} MB, hashed in ${seconds} s`);
        const hash = textOf(data["sha256"], 64);
        if (hash !== undefined) words.append(element("br"), element("code", { text: `sha256 ${hash.slice(0, 16)}…` }));
        say(failed, undefined);
      } else if (data["state"] === "failed") {
        words.textContent = `Failed: ${textOf(data["reason"]) ?? "no reason was given"}. Start it again when that is mended.`;
      }
    },
    clear() {
      progress(0, 0, atRest);
      bar.classList.remove("failed");
    },
  };
}

function count(value: number): string {
  return value.toLocaleString("en");
}
