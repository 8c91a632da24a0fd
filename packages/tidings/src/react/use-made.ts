import { useState } from "react";

/**
 * What `make` made, until one of the keys changes; then it is made anew. Unlike `useMemo`, React does not forget it, and
 * unlike a ref, a render that React throws away leaves no trace in it.
 */
export function useMade<Made>(keys: readonly unknown[], make: () => Made): Made {
  const [made, setMade] = useState(() => ({ keys, value: make() }));
  if (made.keys.every((key, i) => Object.is(key, keys[i]))) return made.value;
  const next = { keys, value: make() };
  setMade(next);
  return next.value;
}
