import { HubError } from "../error.ts";
import type { Draft, IdempotencyKey, Position } from "./log.ts";
import { Queue } from "./queue.ts";

interface Remembered {
  readonly id: string;
  readonly position: Position;
  readonly payload: string;
  readonly since: number;
}

/** The idempotency keys of the last minutes, with what was answered. Bounded in time and in number, oldest out first. */
export class DedupeWindow {
  readonly #window: number;
  readonly #maxKeys: number;
  readonly #keys = new Map<string, Remembered>();
  // In the order in which they go. The map has it, too, but finds its first only after all that were taken before it.
  readonly #oldest = new Queue<Remembered>();

  /** @param window in milliseconds */
  constructor(window: number, maxKeys: number) {
    this.#window = window;
    this.#maxKeys = maxKeys;
  }

  /** The position that was answered under this key. */
  get(id: string): Position | undefined {
    return this.#keys.get(id)?.position;
  }

  remember({ id, payload }: IdempotencyKey, position: Position, elapsed: number): void {
    const remembered = { id, position, payload, since: elapsed };
    this.#keys.set(id, remembered);
    this.#oldest.push(remembered);
  }

  /** Forgets what is older than the window, and the oldest of too many. Not within a batch, which may ask for them. */
  expire(elapsed: number): void {
    while (this.#keys.size > this.#maxKeys) this.#forgetOldest();
    while (elapsed - (this.#oldest.at(0)?.since ?? Infinity) > this.#window) this.#forgetOldest();
  }

  /**
   * Refuses drafts that use a key again for another payload, one of the same batch included.
   *
   * @throws HubError `conflict`
   */
  refuseConflicts(drafts: readonly Draft[]): void {
    const batch = new Map<string, string>();
    for (const { key } of drafts) {
      if (key === undefined) continue;
      const payload = this.#keys.get(key.id)?.payload ?? batch.get(key.id);
      if (payload !== undefined && payload !== key.payload) {
        throw new HubError("conflict", "This idempotency key was used for another payload; nothing was published");
      }
      batch.set(key.id, key.payload);
    }
  }

  #forgetOldest(): void {
    const oldest = this.#oldest.shift();
    // One that was used again, as a log may tell that is opened again, goes at the place of its last use.
    if (oldest !== undefined && this.#keys.get(oldest.id) === oldest) this.#keys.delete(oldest.id);
  }
}
