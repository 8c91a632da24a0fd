/** A coding, or `*`, and perhaps its weight. RFC 9110, sections 12.4.2 and 12.5.3. */
const ITEM = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * Whether a client takes gzip, and does not like it less than no coding at all. A client that says nothing may take
 * anything (RFC 9110, section 12.5.3), but few who say nothing can decode: it gets no coding. An item that is not
 * well-formed is passed over; of a coding named twice the lower weight counts.
 *
 * @param header `Accept-Encoding`, as it came
 */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  const weights = new Map<string, number>();
  for (const item of header.toLowerCase().split(",")) {
    const [, name = "", weight = "1"] = ITEM.exec(item.trim()) ?? [];
    // An older name of the same: section 8.4.1.3.
    const coding = name === "x-gzip" ? "gzip" : name;
    weights.set(coding, Math.min(Number(weight), weights.get(coding) ?? 1));
  }
  const any = weights.get("*");
  const gzip = weights.get("gzip") ?? any ?? 0;
  // What nobody named needs no coding to be acceptable, and has no weight to beat.
  return gzip > 0 && gzip >= (weights.get("identity") ?? any ?? 0);
}
