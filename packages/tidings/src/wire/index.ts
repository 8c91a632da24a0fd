// The entry of `tidings/wire`: the text/event-stream format, events to bytes and bytes to events.
export { encodeComment, encodeEvent, formatEvent, type EventFields } from "./encode.ts";
export { WireError, type WireErrorCode } from "./error.ts";
export { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parse.ts";
