const STREAM = { stream: true };

/**
 * A UTF-8 decoder for a stream of bytes that may be split inside a character. What is not UTF-8 becomes U+FFFD, as in the
 * Encoding standard; a byte order mark is a character like others.
 */
export function createDecoder(): (bytes: Uint8Array) => string {
  // To decode a text as a whole costs less than as a part of a stream.
  const whole = new TextDecoder("utf-8", { ignoreBOM: true });
  const stream = new TextDecoder("utf-8", { ignoreBOM: true });
  // Whether `stream` may hold the beginning of a character.
  let holding = false;
  return (bytes) => {
    const open = (bytes[bytes.length - 1] ?? 0) > 0x7f;
    if (!holding && !open) return whole.decode(bytes);
    holding = open;
    return stream.decode(bytes, STREAM);
  };
}
