import type { Position } from "./log/log.ts";

const CURSOR = /^([A-Za-z0-9]{1,32})-(0|[1-9][0-9]{0,15})-(0|[a-z1-9][a-z0-9]{0,6})$/;

/** A position as `id:` carries it: epoch, offset and tag. Opaque to clients, `[A-Za-z0-9-]`, at most 64 bytes. */
export function formatCursor(position: Position): string {
  return `${position.epoch}-${position.offset}-${position.tag.toString(36)}`;
}

/** The position that a cursor stands for, or `undefined` for a text that no hub has made. */
export function parseCursor(text: string): Position | undefined {
  const parts = text.length <= 64 ? CURSOR.exec(text) : null;
  if (parts === null) return undefined;
  const [, epoch = "", offset, tag = ""] = parts;
  return { epoch, offset: Number(offset), tag: Number.parseInt(tag, 36) };
}
