/** Where the sequence number stands in an event's data, counted from the marker. */
export const sequenceAt = 1;

/** Digits of the sequence number; fixed, so that every event of a run has the same length. */
export const sequenceDigits = 10;

/** Where the time of publication stands in an event's data, counted from the marker. */
export const publishedAt: number = sequenceAt + sequenceDigits + 1;

/** Digits of the time of publication, in microseconds. */
export const publishedDigits = 16;

/** The byte that an event's data begins with, and that stands nowhere else in a frame: `#`. */
export const marker = 0x23;

/** The shortest data that has room for both numbers, in bytes. */
const minDataBytes = publishedAt + publishedDigits + 1;

/**
 * Microseconds on the machine's monotonic clock. Every process of one Linux machine reads the same clock, so a time
 * taken in the server can be subtracted from one taken in the load generator.
 */
export function monotonicMicros(): number {
  return Math.floor(Number(process.hrtime.bigint()) / 1000);
}

/**
 * Makes the writer of an event's data: `#`, the sequence number, the time of publication in microseconds, and filler.
 *
 * @param bytes length of the data in bytes, at least 30
 */
export function createDataWriter(bytes: number): (sequence: number, micros: number) => string {
  if (bytes < minDataBytes)
    throw new RangeError(`Data of ${bytes} bytes has no room for its numbers (${minDataBytes}).`);
  const filler = "x".repeat(bytes - minDataBytes);
  return (sequence, micros) =>
    `#${String(sequence).padStart(sequenceDigits, "0")} ${String(micros).padStart(publishedDigits, "0")} ${filler}`;
}

/** Reads a number of fixed width, or answers -1 if a byte of it is not a digit. */
export function readDigits(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
