/** How far long work has come. */
export interface Progress {
  readonly events: number;
  /** Of how many; 0 if that is not known. */
  readonly total: number;
}

/** How long work is watched, and stopped. */
export interface Working {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Aborted, the work rejects with its reason; what it has changed so far is undone or harmless. */
  readonly signal?: AbortSignal | undefined;
}
