import { createElement, type ReactElement, type ReactNode, useEffect } from "react";

import type { ConnectOptions } from "../client/connect/options.ts";
import type { Tidings } from "../client/connect/tidings.ts";
import { givenClient, sharedClient } from "../client/shared/client-source.ts";
import { SourceContext } from "./context.ts";
import { useMade } from "./use-made.ts";

/** Either a client of yours, which you close, or what to make one from. */
export type TidingsProviderProps<Events = Record<string, unknown>> = { readonly children?: ReactNode } & (
  | { readonly client: Tidings<Events>; readonly url?: never; readonly options?: never }
  | {
      /** The stream's URL. Providers with the same URL and `options.user` share one client. */
      readonly url: string | URL;
      /** As for `connect`; read once, when the client is made. */
      readonly options?: ConnectOptions | undefined;
      readonly client?: never;
    }
);

/**
 * Gives the components below it a client. With a `url` the client is made when the first of them needs it, never in a
 * render and never on the server, and closed one second after the last provider for it has gone: strict mode, hot reload
 * and a change of routes keep the connection.
 */
export function TidingsProvider<Events = Record<string, unknown>>(props: TidingsProviderProps<Events>): ReactElement {
  const { client, options, children } = props;
  const url = client === undefined ? String(props.url) : undefined;
  const source = useMade([client, url, options?.user], () =>
    // Which events there are is known to types alone.
    client === undefined ? sharedClient(String(url), options) : givenClient(client as unknown as Tidings),
  );
  useEffect(() => () => source.release(), [source]);
  return createElement(SourceContext.Provider, { value: source }, children);
}
