import { createElement, type ReactElement, type ReactNode, useEffect } from "react";

import type { ConnectOptions } from "../client/connect/options.ts";
import { type AnyTidings, givenClient, sharedClient } from "../client/shared/client-source.ts";
import { SourceContext } from "./context.ts";
import { useMade } from "./use-made.ts";

/** Either a client of yours, which you close, or what to make one from. */
export type TidingsProviderProps = { readonly children?: ReactNode } & (
  | { readonly client: AnyTidings; readonly url?: never; readonly options?: never }
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
export function TidingsProvider(props: TidingsProviderProps): ReactElement {
  const { client, options, children } = props;
  const url = client === undefined ? String(props.url) : undefined;
  const source = useMade([client, url, options?.user], () =>
    client === undefined ? sharedClient(String(url), options) : givenClient(client),
  );
  useEffect(() => () => source.release(), [source]);
  return createElement(SourceContext.Provider, { value: source }, children);
}
