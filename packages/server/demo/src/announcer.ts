import { find } from "./element.ts";
import { atMostEvery } from "./times.ts";

/** Tells a screen reader what came. */
export interface Announcer {
  announce(text: string): void;
}

/** At most one announcement in three seconds, of the newest few: what comes faster cannot be listened to. */
export function createAnnouncer(): Announcer {
  const line = find("#announcer", HTMLElement);
  let waiting: string[] = [];
  const speak = atMostEvery(3_000, () => {
    line.textContent = waiting.join(" ");
    waiting = [];
  });
  return {
    announce(text) {
      waiting = [...waiting, text].slice(-3);
      speak();
    },
  };
}
