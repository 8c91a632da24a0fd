// An event's data: `#`, ten digits of its number, a space, sixteen of the time of publication, a space, and filler. The
// clients read it in fleet/account.c.

const numberDigits = 10;
const timeDigits = 16;
const leastBytes = numberDigits + timeDigits + 3;

/** Microseconds on the machine's monotonic clock, which every process of it reads alike. */
export function monotonicMicros(): number {
  return Math.floor(Number(process.hrtime.bigint()) / 1000);
}

/**
 * Makes the writer of an event's data.
 *
 * @param bytes length of the data in bytes, at least 29
 */
export function createDataWriter(bytes: number): (sequence: number, micros: number) => string {
  if (bytes < leastBytes) throw new RangeError(`Data of ${bytes} bytes has no room for its numbers (${leastBytes}).`);
  const filler = "x".repeat(bytes - leastBytes);
  return (sequence, micros) =>
    `#${String(sequence).padStart(numberDigits, "0")} ${String(micros).padStart(timeDigits, "0")} ${filler}`;
}
