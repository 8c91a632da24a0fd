// The entry of `tidings/vue`.
export type { AnyTidings } from "../client/shared/client-source.ts";
export type { ListenOptions } from "../client/shared/listen.ts";
export { createTidings, type SourceOptions, type TidingsPluginOptions } from "./source.ts";
export { useConnection, type UseConnectionReturn } from "./use-connection.ts";
export { useEvent } from "./use-event.ts";
export { useReducedTopic } from "./use-reduced-topic.ts";
export { useTopic, type UseTopicReturn } from "./use-topic.ts";
