type Slice = (this: Uint8Array, start: number, end: number) => string;

const STREAM = { stream: true };
const IGNORE = { ignoreBOM: true };
const SMALL = 256;

/**
 * A UTF-8 decoder for a stream of bytes that may be split inside a character. What is not UTF-8 becomes U+FFFD, as in the
 * Encoding standard; a byte order mark is a character like others.
 */
export function createDecoder(): (bytes: Uint8Array) => string {
  const whole = new TextDecoder("utf-8", IGNORE);
  const stream = new TextDecoder("utf-8", IGNORE);
  // What Node and Bun do the same with, in two thirds of the time.
  const slice = (globalThis as { Buffer?: { prototype: { utf8Slice?: Slice } } }).Buffer?.prototype.utf8Slice;
  // Whether `stream` may hold the beginning of a character.
  let holding = false;
  let ascii = true;
  return (bytes) => {
    const { length } = bytes;
    const open = (bytes[length - 1] ?? 0) > 0x7f;
    let text: string;
    // Decoding as a whole costs less than as a part of a stream, but on some engines more for long texts beyond ASCII.
    if (!holding && !open && (ascii || length <= SMALL)) {
      text = slice === undefined ? whole.decode(bytes) : slice.call(bytes, 0, length);
    } else {
      holding = open;
      text = stream.decode(bytes, STREAM);
    }
    ascii = text.length === length;
    return text;
  };
}
