/** A cursor's parts. */
export interface Place {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: string;
}

/** Reads a cursor. By itself, and not by the library's own code, which is what is checked. */
export function placeOf(cursor: string): Place | undefined {
  const [epoch, offset, tag, ...more] = cursor.split("-");
  if (epoch === undefined || offset === undefined || tag === undefined || more.length > 0) return undefined;
  return /^[0-9]+$/.test(offset) ? { epoch, offset: Number(offset), tag } : undefined;
}

/** A place as a cursor. */
export function cursorText({ epoch, offset, tag }: Place): string {
  return `${epoch}-${offset}-${tag}`;
}
