import type { Connection, State } from "./connection.ts";
import { find } from "./element.ts";

/** The buttons that cut the line, and that end and begin the connection. */
export interface Controls {
  state(state: State): void;
}

/** How long a cut lasts, in seconds. */
const CUT = 5;

/** The words on the first button count down while the line is cut; a screen reader hears the state instead. */
export function createControls(connection: Connection): Controls {
  const cut = find("#cut", HTMLButtonElement);
  const toggle = find("#toggle", HTMLButtonElement);
  const atRest = cut.textContent ?? "";
  let timer: number | undefined;

  cut.addEventListener("click", () => {
    if (connection.state !== "live") return;
    connection.cut(CUT * 1_000);
    let left = CUT;
    cut.textContent = `Back in ${left} s`;
    timer = setInterval(() => {
      left -= 1;
      cut.textContent = `Back in ${Math.max(0, left)} s`;
    }, 1_000);
  });
  toggle.addEventListener("click", () => {
    if (connection.state === "disconnected") connection.connect();
    else connection.disconnect();
  });

  return {
    state(state) {
      if (state !== "cut") {
        clearInterval(timer);
        cut.textContent = atRest;
      }
      // Not `disabled`: the button would lose the keyboard's focus when it is pressed.
      cut.setAttribute("aria-disabled", String(state !== "live"));
      toggle.textContent = state === "disconnected" ? "Connect" : "Disconnect";
    },
  };
}
