import { element, find } from "./element.ts";
import { atMostEvery } from "./times.ts";

/** A list that grows at one end and forgets at the other. */
export interface Rows {
  add(row: HTMLLIElement): void;
  clear(): void;
  /** Holds new rows back until it is told to let them in again. */
  hold(held: boolean): void;
}

/** How a list is set up. */
export interface RowsOptions {
  readonly max: number;
  /** The end at which new rows appear. */
  readonly newest: "top" | "bottom";
}

/**
 * Fills a list inside its scroller. While someone reads in it (the mouse is over it, it has the keyboard's focus, or it is
 * scrolled away from its newest end) new rows wait, and a button says how many: nothing moves under the reader's eyes.
 */
function createRows(list: HTMLUListElement, { max, newest }: RowsOptions): Rows {
  const scroller = list.parentElement ?? list;
  const button = element("button");
  button.type = "button";
  const holder = element("div", { class: `held ${newest}` }, button);
  holder.hidden = true;
  if (newest === "top") scroller.prepend(holder);
  else scroller.append(holder);

  let waiting: HTMLLIElement[] = [];
  let held = false;
  let pointed = false;
  let atNewest = true;

  function reading(): boolean {
    if (held) return true;
    if (list.childElementCount === 0) return false;
    return pointed || !atNewest || scroller.matches(":focus-visible");
  }

  function goToNewest(): void {
    scroller.scrollTop = newest === "top" ? 0 : scroller.scrollHeight;
    atNewest = true;
  }

  function letIn(): void {
    const rows = waiting.slice(-max);
    waiting = [];
    holder.hidden = true;
    if (newest === "top") list.prepend(...rows.toReversed());
    else list.append(...rows);
    while (list.childElementCount > max) (newest === "top" ? list.lastElementChild : list.firstElementChild)?.remove();
    goToNewest();
  }

  function update(): void {
    if (waiting.length === 0) return;
    if (!reading()) {
      letIn();
      return;
    }
    holder.hidden = false;
    button.textContent = `${waiting.length} new`;
  }

  const soon = atMostEvery(40, update);
  button.addEventListener("click", () => {
    const keyboard = button.matches(":focus-visible");
    letIn();
    if (keyboard) scroller.focus({ preventScroll: true });
  });
  scroller.addEventListener("pointerenter", (event) => (pointed = event.pointerType === "mouse"));
  scroller.addEventListener("pointerleave", () => {
    pointed = false;
    soon();
  });
  scroller.addEventListener("blur", soon);
  scroller.addEventListener("scroll", () => {
    const away =
      newest === "top" ? scroller.scrollTop : scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    atNewest = away <= 8;
    soon();
  });
  // When the window changes its width the rows change their height: who was at the newest stays there.
  new ResizeObserver(() => {
    if (atNewest) goToNewest();
  }).observe(scroller);

  return {
    add(row) {
      waiting.push(row);
      if (waiting.length > max) waiting.shift();
      soon();
    },
    clear() {
      waiting = [];
      holder.hidden = true;
      list.replaceChildren();
    },
    hold(value) {
      held = value;
      soon();
    },
  };
}

/** The list of the page with this id. */
export function rowsOf(id: string, options: RowsOptions): Rows {
  return createRows(find(`#${id}`, HTMLUListElement), options);
}
