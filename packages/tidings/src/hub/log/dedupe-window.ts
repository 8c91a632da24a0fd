import { HubError } from "../error.ts";
import type { Draft, IdempotencyKey, Position } from "./log.ts";

interface Remembered {
  readonly position: Position;
  readonly payload: string;
  readonly since: number;
}

/** The idempotency keys of the last minutes, with what was answered. Bounded in time and in number, oldest out first. */
export class DedupeWindow {
  readonly #window: number;
  readonly #maxKeys: number;
  // A map keeps the order in which keys came, which is the order in which they go.
  readonly #keys = new Map<string, Remembered>();

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
    // One that was used before, as a log may tell that is opened again, has the place of its last use.
    this.#keys.delete(id);
    this.#keys.set(id, { position, payload, since: elapsed });
    if (this.#keys.size > this.#maxKeys) this.#forgetOldest();
  }

  /** Forgets what is older than the window. */
  expire(elapsed: number): void {
    for (const [id, { since }] of this.#keys) {
      if (elapsed - since <= this.#window) return;
      this.#keys.delete(id);
    }
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
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined) this.#keys.delete(oldest);
  }
}
