import type { DemoHub } from "./demo-hub.ts";

import type { Publisher } from "./publisher.ts";

/** Tells who came and who left. */
export interface Readers {
  /** Looks whether streams were opened or ended since the last look. However many it was: one event each. */
  look(): void;
}

/** A joining reader is worth a notification; both, joining and leaving, are a line in the feed. */
export function createReaders(hub: DemoHub, publisher: Publisher): Readers {
  let before = hub.stats();
  return {
    look() {
      const now = hub.stats();
      const ended = sum(now.closed) - sum(before.closed);
      const opened = now.subscribers - before.subscribers + ended;
      before = now;
      const open = `${count(now.subscribers)} open now`;
      if (ended > 0) publisher.publish("feed", "feed", { text: `${streams(ended)} ended; ${open}` });
      if (opened > 0) {
        publisher.publish("feed", "feed", { text: `${streams(opened)} opened; ${open}` });
        publisher.publish("notifications", "notification", {
          type: "info",
          title: opened === 1 ? "A reader joined" : `${opened} readers joined`,
          text: `${now.subscribers} connected now`,
        });
      }
    },
  };
}

function streams(many: number): string {
  return many === 1 ? "A stream" : `${many} streams`;
}

function count(readers: number): string {
  if (readers === 0) return "none is";
  return readers === 1 ? "one is" : `${readers} are`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, some) => total + some, 0);
}
