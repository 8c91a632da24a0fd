import type { Changes } from "./environment.ts";

/** What a commit will do, in order. */
export class Operations implements Changes {
  readonly #list: { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[] = [];

  /** Whether it will do nothing. */
  get empty(): boolean {
    return this.#list.length === 0;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#list.push({ key, value });
  }

  remove(key: Uint8Array): void {
    this.#list.push({ key, value: undefined });
  }

  /** Does all of it. */
  apply(changes: Changes): void {
    for (const { key, value } of this.#list) {
      if (value === undefined) changes.remove(key);
      else changes.put(key, value);
    }
  }
}
