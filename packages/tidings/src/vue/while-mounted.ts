import { getCurrentInstance, getCurrentScope, type MaybeRefOrGetter, onMounted, toValue, watch } from "vue";

/**
 * Runs `begin`, again when one of the keys has changed, and what it answered before that and at the end of the scope. In a
 * component it begins when that is mounted, and so never on the server; in a scope of its own at once, whoever made it,
 * but only where there is a document. Answers what ends it early.
 */
export function whileMounted(keys: readonly MaybeRefOrGetter<unknown>[], begin: () => () => void): () => void {
  let unwatch: (() => void) | undefined;
  let ended = false;
  const start = (): void => {
    if (ended) return;
    // It ends with its scope. In the same step as a change: between two topics nothing of the old one is handed on.
    unwatch = watch(
      keys.map((key) => () => toValue(key)),
      (_, __, onCleanup) => onCleanup(begin()),
      { immediate: true, flush: "sync" },
    );
  };
  const end = (): void => {
    ended = true;
    unwatch?.();
  };
  const component = getCurrentInstance();
  // Not of a scope made within a component's setup: as a store's, it may live longer than the component.
  const isOwn = component !== null && "scope" in component && component.scope === getCurrentScope();
  if (isOwn) onMounted(start);
  else if (typeof document !== "undefined") start();
  return end;
}
