import { hasInjectionContext, inject, type InjectionKey, type Plugin } from "vue";

import type { ConnectOptions } from "../client/connect/options.ts";
import { type AnyTidings, type ClientSource, givenClient, sharedClient } from "../client/shared/client-source.ts";

const SOURCE: InjectionKey<ClientSource> = Symbol("tidings");

/** Either a client of yours, which you close, or what to make one from. */
export type TidingsPluginOptions =
  | { readonly client: AnyTidings; readonly url?: never; readonly options?: never }
  | {
      /** The stream's URL. Apps of one page with the same URL and `options.user` share one client. */
      readonly url: string | URL;
      /** As for `connect`; read once, when the client is made. */
      readonly options?: ConnectOptions | undefined;
      readonly client?: never;
    };

/**
 * A plugin: `app.use(createTidings({ url: "/events" }))` gives all components of the app a client. It is made when the
 * first of them needs it, never on the server, and closed one second after the app was unmounted.
 */
export function createTidings(from: TidingsPluginOptions): Plugin {
  return {
    install(app) {
      const source =
        from.client === undefined ? sharedClient(String(from.url), from.options) : givenClient(from.client);
      app.provide(SOURCE, source);
      app.onUnmount(() => source.release());
    },
  };
}

/** Options of every composable. */
export interface SourceOptions {
  /** The client to use. By default the one of the app's plugin. */
  readonly client?: AnyTidings | undefined;
}

/**
 * The client to use.
 *
 * @throws Error if none is given and the app has none
 */
export function useSource({ client }: SourceOptions): ClientSource {
  const source = client === undefined ? hasInjectionContext() && inject(SOURCE, undefined) : givenClient(client);
  if (!source) throw new Error("There is no client: say app.use(createTidings({ url })), or hand one in as `client`.");
  return source;
}
