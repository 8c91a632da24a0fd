import { find, say } from "./element.ts";

/** Notifications on the desktop, where the browser has them and the user allows them. */
export interface Desktop {
  show(title: string, text: string): void;
}

/** The button "Also on my desktop", and what it has to say. */
export function createDesktop(): Desktop {
  const button = find("#desktop", HTMLButtonElement);
  const hint = find("#desktop-hint", HTMLElement);
  let on = false;

  function set(value: boolean, words?: string): void {
    on = value;
    button.setAttribute("aria-pressed", String(value));
    say(hint, words);
  }

  async function turnOn(): Promise<void> {
    if (!window.isSecureContext) {
      set(false, "Browsers show desktop notifications only for pages on https or on localhost. Open this page there.");
    } else if (!("Notification" in window)) {
      set(false, "This browser has no desktop notifications. The list below has them all.");
    } else {
      const permission =
        Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
      if (permission === "granted") set(true, "New ones also come to your desktop. Replayed ones do not.");
      else if (permission === "denied") {
        set(
          false,
          "Your browser blocks them for this page. Allow notifications in its settings for this site, then press again.",
        );
      } else set(false, "Your browser was not told whether to allow them. Press again to be asked once more.");
    }
  }

  button.addEventListener("click", () => {
    if (on) set(false);
    else void turnOn();
  });

  return {
    show(title, text) {
      if (!on) return;
      try {
        new Notification(title, { body: text, icon: "/demo/icon.svg" });
      } catch {
        set(false, "This browser shows notifications only from a service worker, which this page does not have.");
      }
    },
  };
}
