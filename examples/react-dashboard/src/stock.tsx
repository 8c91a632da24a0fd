import type { ReactElement } from "react";
import { useTopic } from "tidings/react";

import type { Level } from "./events.ts";

/** How many of a product are left. What was said last comes first, so that there is never nothing. */
export function Stock({ product }: { readonly product: string }): ReactElement {
  const level = useTopic<Level>(`stock/${product}`, { from: "last:1" })?.data;
  const low = level !== undefined && level.left <= level.of / 4;
  return (
    <div className={low ? "stock low" : "stock"}>
      <span>{product}</span>
      <progress max={level?.of ?? 1} value={level?.left ?? 0} aria-label={`${product} left`} />
      <b>{level === undefined ? "" : low ? `${level.left} left` : level.left}</b>
    </div>
  );
}
