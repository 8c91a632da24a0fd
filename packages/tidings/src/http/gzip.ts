/** How a gzip stream begins: by deflate, no name, no time, on no system in particular. RFC 1952, section 2.3. */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);

/** What a stored block holds at most, in bytes, and what stands before them. RFC 1951, section 3.2.4. */
const BLOCK_BYTES = 65_535;
const BLOCK_HEAD = 5;

/**
 * Bytes as they are, in stored blocks of deflate, of which none is the last. They begin and end on a byte, so they can
 * stand after every block that ends on one. No bytes are no block.
 */
export function storedBlocks(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const stored = new Uint8Array(blocks * BLOCK_HEAD + bytes.length);
  let at = 0;
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const length = Math.min(bytes.length - from, BLOCK_BYTES);
    // A zero, for neither the last one nor compressed; its length; and that inverted. The low bytes first.
    stored[at + 1] = length & 0xff;
    stored[at + 2] = length >> 8;
    stored[at + 3] = ~length & 0xff;
    stored[at + 4] = (~length >> 8) & 0xff;
    stored.set(blocks === 1 ? bytes : bytes.subarray(from, from + length), at + BLOCK_HEAD);
    at += BLOCK_HEAD + length;
  }
  return stored;
}
