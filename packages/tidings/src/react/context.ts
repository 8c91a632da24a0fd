import { type Context, createContext, useContext } from "react";

import type { ClientSource } from "../client/shared/client-source.ts";

/** What a provider hands down. */
export const SourceContext: Context<ClientSource | undefined> = createContext<ClientSource | undefined>(undefined);

/**
 * The client of the nearest provider.
 *
 * @throws Error if there is none
 */
export function useSource(): ClientSource {
  const source = useContext(SourceContext);
  if (source === undefined) throw new Error("There is no <TidingsProvider> above this component.");
  return source;
}
