/**
 * Listens to what a page, a worker or a system tells that concerns connections, until the signal of the options is
 * aborted. In Node there is nothing to listen to. What happens to a document comes up to its window.
 */
export function listenToPage(heard: (event: Event) => void, options: AddEventListenerOptions): void {
  for (const type of ["online", "offline", "pagehide", "pageshow", "visibilitychange"])
    (globalThis as Partial<EventTarget>).addEventListener?.(type, heard, options);
}

/** Whether there is a page, and it is hidden. */
export function isHidden(): boolean | undefined {
  return (globalThis.document as Document | undefined)?.hidden;
}
