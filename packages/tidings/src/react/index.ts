"use client";
// The entry of `tidings/react`. The line above is for frameworks with server components: hooks are the client's.
export type { AnyTidings } from "../client/shared/client-source.ts";
export type { ListenOptions } from "../client/shared/listen.ts";
export { TidingsProvider, type TidingsProviderProps } from "./tidings-provider.ts";
export { type Connection, useConnection } from "./use-connection.ts";
export { useEvent } from "./use-event.ts";
export { useReducedTopic } from "./use-reduced-topic.ts";
export { useTopic } from "./use-topic.ts";
