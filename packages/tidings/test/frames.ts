/** A frame as it came: what EventSource sees of it, and the fields that it ignores. */
export interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string | undefined;
  readonly topics: readonly string[];
  readonly cursor: string | undefined;
  readonly retry: number | undefined;
}

/** Reads frames out of what a hub writes: whole ones alone, as EventSource does. Not a parser for anything else. */
export class FrameReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";

  read(bytes: Uint8Array): Frame[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const blocks = this.#rest.split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.map(readFrame);
  }
}

function readFrame(block: string): Frame {
  const fields = block.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")] as const;
  });
  const all = (name: string): string[] => fields.flatMap(([field, value]) => (field === name ? [value] : []));
  const data = all("data");
  const retry = all("retry").at(-1);
  return {
    id: all("id").at(-1),
    event: all("event").at(-1) ?? "message",
    data: data.length > 0 ? data.join("\n") : undefined,
    topics: all("topic"),
    cursor: all("cursor").at(-1),
    retry: retry === undefined ? undefined : Number(retry),
  };
}

/** Whether a frame is an event that someone published, and not the hub's own. */
export function isPublished({ event, data }: Frame): boolean {
  return data !== undefined && !event.startsWith("tidings:");
}
