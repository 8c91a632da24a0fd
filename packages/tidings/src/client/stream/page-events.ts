/** What a page, a worker or a system tells that concerns connections. */
export interface PageListener {
  /** The network went away. */
  offline(): void;
  /** The network is back. */
  online(): void;
  /** The page goes into the back/forward cache, or is hidden and asked to pause. */
  pause(): void;
  /** The page may have slept, or been paused. */
  wake(): void;
}

/** Listens until the signal is aborted, to what there is to listen to: in Node that is nothing. */
export function listenToPage(listener: PageListener, pauseWhenHidden: boolean, signal: AbortSignal): void {
  const scope = globalThis as Partial<typeof globalThis>;
  const on = (target: Partial<EventTarget> | undefined, type: string, heard: (event: Event) => void): void =>
    target?.addEventListener?.(type, heard, { signal });
  const { document } = scope;
  on(scope, "offline", () => listener.offline());
  on(scope, "online", () => listener.online());
  // Whether it is `persisted` or not: an open connection can be why it is not.
  on(scope, "pagehide", () => listener.pause());
  on(scope, "pageshow", () => listener.wake());
  on(document, "resume", () => listener.wake());
  on(document, "visibilitychange", () => {
    if (document?.visibilityState === "visible") listener.wake();
    else if (pauseWhenHidden) listener.pause();
  });
}
