import { computed, type ComputedRef, type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue } from "vue";
import { useEvent, useReducedTopic } from "tidings/vue";

import type { Notice } from "./events.ts";

/** A notice with what the page knows of it. */
export interface Kept extends Notice {
  readonly key: string;
}

/** A person's notices. */
export interface Notices {
  /** The newest first, with those from before one came. */
  readonly list: Readonly<ShallowRef<readonly Kept[]>>;
  readonly unread: ComputedRef<number>;
  isRead(notice: Kept): boolean;
  /** Marks one as read, or all. */
  read(notice?: Kept): void;
}

const KEPT = 30;

/** The notices of a person, who may change: the topic follows, and the connection stays. */
export function useNotices(person: MaybeRefOrGetter<string>): Notices {
  const list = useReducedTopic<readonly Kept[], Notice>(
    () => topicOf(toValue(person)),
    (kept, { data, topic }) => [{ ...data, key: `${topic} ${data.at} ${data.title}` }, ...kept].slice(0, KEPT),
    [],
    { event: "notice", from: "last:20" },
  );
  const seen = shallowRef<ReadonlySet<string>>(new Set());
  return {
    list,
    unread: computed(() => list.value.filter(({ key }) => !seen.value.has(key)).length),
    isRead: ({ key }) => seen.value.has(key),
    read(notice) {
      const keys = (notice === undefined ? list.value : [notice]).map(({ key }) => key);
      seen.value = new Set([...seen.value, ...keys]);
    },
  };
}

/** Calls a handler for each notice as it comes, and not for those that were there before. */
export function useArrivals(person: MaybeRefOrGetter<string>, handler: (notice: Notice) => void): void {
  useEvent<Notice>(() => topicOf(toValue(person)), "notice", handler);
}

/** Where a person's notices are published. */
export function topicOf(person: string): string {
  return `people/${person}`;
}
