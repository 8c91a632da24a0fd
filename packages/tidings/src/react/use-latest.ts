import { type RefObject, useInsertionEffect, useRef } from "react";

/** What the newest render on the screen has, for handlers that outlive a render. */
export function useLatest<Value>(value: Value): RefObject<Value> {
  const latest = useRef(value);
  // Before all other effects, so that none of them finds what the last render had.
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
}
