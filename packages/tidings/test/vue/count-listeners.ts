import { onTestFinished } from "vitest";

/** What is listened to, by the names of the events. */
export interface ListenerCounts {
  /** How many were ever added. */
  readonly added: number;
  /** The names of those that are still there. */
  left(): string[];
}

/** Counts listeners from now on, until the test is over. */
export function countListeners(targets: readonly EventTarget[]): ListenerCounts {
  const present = new Set<{ readonly type: string; readonly listener: unknown }>();
  let added = 0;
  for (const target of targets) {
    const { addEventListener, removeEventListener } = target;
    const remove = (type: string, listener: unknown): void => {
      for (const each of present) if (each.type === type && each.listener === listener) present.delete(each);
    };
    Object.assign(target, {
      addEventListener(type: string, listener: EventListener, options?: AddEventListenerOptions) {
        added += 1;
        present.add({ type, listener });
        options?.signal?.addEventListener("abort", () => remove(type, listener));
        addEventListener.call(target, type, listener, options);
      },
      removeEventListener(type: string, listener: EventListener) {
        remove(type, listener);
        removeEventListener.call(target, type, listener);
      },
    });
    onTestFinished(() => void Object.assign(target, { addEventListener, removeEventListener }));
  }
  return {
    get added() {
      return added;
    },
    left: () => [...present].map(({ type }) => type),
  };
}
