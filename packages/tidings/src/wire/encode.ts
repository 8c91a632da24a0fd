export interface EventFields { event?: string; data?: string; id?: string; retry?: number; topics?: readonly string[]; cursor?: string }
const encoder = new TextEncoder();
export function encodeEvent(fields: EventFields): Uint8Array<ArrayBuffer> {
  let text = "";
  if (fields.id !== undefined) text += `id: ${fields.id}\n`;
  if (fields.event !== undefined) text += `event: ${fields.event}\n`;
  for (const topic of fields.topics ?? []) text += `topic: ${topic}\n`;
  if (fields.cursor !== undefined) text += `cursor: ${fields.cursor}\n`;
  if (fields.retry !== undefined) text += `retry: ${fields.retry}\n`;
  if (fields.data !== undefined) for (const line of fields.data.split(/\r\n|\r|\n/)) text += line === "" ? "data:\n" : `data: ${line}\n`;
  return encoder.encode(text + "\n");
}
