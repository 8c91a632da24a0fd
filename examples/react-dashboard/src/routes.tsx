import { type ReactElement, useSyncExternalStore } from "react";

import { REGIONS } from "./events.ts";

/** What is behind the `#`: a region, or nothing for the overview. */
export function useRoute(): string {
  return useSyncExternalStore(
    subscribe,
    () => REGIONS.find((region) => location.hash === `#${region}`) ?? "",
    () => "",
  );
}

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

/** The links to all of them. */
export function Routes({ route }: { readonly route: string }): ReactElement {
  return (
    <nav aria-label="Regions">
      {["", ...REGIONS].map((each) => (
        <a key={each} href={`#${each}`} aria-current={each === route ? "page" : undefined}>
          {each === "" ? "all" : each}
        </a>
      ))}
    </nav>
  );
}
