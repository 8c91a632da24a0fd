const STREAM = { stream: true };
// Up to here decoding a text as a whole costs less than as a part of a stream (half, on Node 24), and far beyond it more.
const SMALL = 256;

/**
 * A UTF-8 decoder for a stream of bytes that may be split inside a character. What is not UTF-8 becomes U+FFFD, as in the
 * Encoding standard; a byte order mark is a character like others.
 */
export function createDecoder(): (bytes: Uint8Array) => string {
  const whole = new TextDecoder("utf-8", { ignoreBOM: true });
  const stream = new TextDecoder("utf-8", { ignoreBOM: true });
  // Whether `stream` may hold the beginning of a character.
  let holding = false;
  return (bytes) => {
    const open = (bytes[bytes.length - 1] ?? 0) > 0x7f;
    if (!holding && !open && bytes.length <= SMALL) return whole.decode(bytes);
    holding = open;
    return stream.decode(bytes, STREAM);
  };
}
