import { isPublished, type Frame } from "../../../tidings/test/frames.ts";
import { payloadOf } from "./payload.ts";
import type { FrameRecord } from "./record.ts";

/** A frame as a record. */
export function frameRecord(frame: Frame, where: Pick<FrameRecord, "at" | "subscriber" | "connection">): FrameRecord {
  const { id, event, data, topics, cursor, retry } = frame;
  if (!isPublished(frame) || data === undefined) return { kind: "frame", ...where, event, id, data, retry };
  return { kind: "frame", ...where, event, id, payload: payloadOf(event, data), topics, cursor, retry };
}
