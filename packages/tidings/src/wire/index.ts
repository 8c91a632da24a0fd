// The entry of `tidings/wire`: the text/event-stream format, written and read.
export { type EventFields, encodeComment, encodeEvent, formatEvent } from "./encode.ts";
export { WireError, type WireErrorCode } from "./error.ts";
export { createParser } from "./parse.ts";
export type { ParsedEvent, Parser, ParserOptions } from "./parser.ts";
