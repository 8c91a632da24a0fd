import { attempt } from "./subscription.ts";
import type { Status, Tidings } from "./tidings.ts";

/** The status as a store, and what changes it: `retryAt` goes with each change that does not name it. */
export interface StatusStore {
  readonly store: Tidings["status"];
  set(changes: Partial<Status>): void;
}

/** @param report told of what a listener throws */
export function createStatus(role: Status["role"], report: (error: unknown) => void): StatusStore {
  let status: Status = { state: "idle", error: undefined, retryAt: undefined, role };
  const listeners = new Set<() => void>();
  return {
    store: {
      subscribe(listener) {
        // One of its own for each call: the same function may subscribe twice.
        const own = (): void => listener();
        listeners.add(own);
        return () => void listeners.delete(own);
      },
      getSnapshot: () => status,
    },
    set(changes) {
      const next = { ...status, retryAt: undefined, ...changes };
      if ((Object.keys(next) as (keyof Status)[]).every((key) => next[key] === status[key])) return;
      status = Object.freeze(next);
      // Who subscribes when told is told of the next change.
      for (const listener of Array.from(listeners)) attempt(listener, report);
    },
  };
}
