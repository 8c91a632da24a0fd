import { describe, expect, it } from "vitest";
import { createDataWriter, monotonicMicros } from "../event-data.ts";
import { StreamReader } from "./stream-reader.ts";
import { createTally, type Tally } from "./tally.ts";

const write = createDataWriter(60);
const frame = (sequence: number): string => `id: ${sequence}\ndata: ${write(sequence, monotonicMicros())}\n\n`;
const frames = (...sequences: number[]): string => sequences.map(frame).join("");

function readAll(text: string, chunkBytes: number = text.length): { tally: Tally; next: number } {
  const tally = createTally();
  const reader = new StreamReader(0, tally);
  const bytes = Buffer.from(text);
  // One buffer that is used again and again, as in a connection.
  const shared = Buffer.alloc(bytes.length + 16, "\n");
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const length = bytes.copy(shared, 0, at, Math.min(bytes.length, at + chunkBytes));
    reader.read(shared, 0, length);
  }
  return { tally, next: reader.next };
}

describe("the reader of a stream", () => {
  const whole = `retry: 1000\n\n: hello\n\n${frames(0, 1, 2)}event: tidings:cursor\nid: 3\ndata:\n\n${frames(3, 4, 5, 6, 7, 8, 9, 10, 11)}`;

  it("counts every event wherever the stream is cut into chunks", () => {
    for (let chunkBytes = 1; chunkBytes <= whole.length; chunkBytes++) {
      const { tally, next } = readAll(whole, chunkBytes);
      expect(tally, `chunks of ${chunkBytes} bytes`).toMatchObject({
        deliveries: 12,
        otherFrames: 3,
        lost: 0,
        outOfOrder: 0,
      });
      expect(next).toBe(12);
    }
  });

  it("passes over the lines of a chunked body", () => {
    const body = [0, 1, 2].map((sequence) => `6\r\nid: ${sequence}\n\r\n44\r\n${frame(sequence)}\r\n`).join("");
    expect(readAll(body).tally).toMatchObject({ deliveries: 3, otherFrames: 0, lost: 0, outOfOrder: 0 });
  });

  it("does not count an event that is not whole", () => {
    expect(readAll(frames(0, 1).slice(0, -1)).tally.deliveries).toBe(1);
  });

  it("notices events that are missing, at the beginning and in between", () => {
    expect(readAll(frames(2, 3, 4, 7)).tally).toMatchObject({ deliveries: 4, lost: 4, outOfOrder: 0 });
  });

  it("notices an event that comes twice, and one that comes late", () => {
    expect(readAll(frames(0, 1, 1, 2)).tally).toMatchObject({ outOfOrder: 1 });
    expect(readAll(frames(0, 2, 1, 2)).tally).toMatchObject({ lost: 1, outOfOrder: 1 });
  });

  it("takes the latency of one event in fifty, never less than a microsecond", () => {
    const { latency } = readAll(frames(...Array.from({ length: 200 }, (_, sequence) => sequence))).tally;
    expect(latency.count).toBe(4);
    expect(latency.min).toBeGreaterThanOrEqual(1);
    expect(latency.max).toBeLessThan(60_000_000);
  });
});
