/**
 * Listens to what a page, a worker or a system tells that concerns connections, until the signal is aborted. In Node there
 * is nothing to listen to. What happens to a document comes up to its window.
 */
export function listenToPage(heard: (type: string) => void, signal: AbortSignal): void {
  for (const type of ["online", "offline", "pagehide", "pageshow", "visibilitychange"])
    (globalThis as Partial<EventTarget>).addEventListener?.(type, () => heard(type), { signal });
}

/** Whether there is a page, and it is hidden. */
export function isHidden(): boolean {
  return (globalThis.document as Document | undefined)?.hidden === true;
}
