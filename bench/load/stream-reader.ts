import {
  marker,
  monotonicMicros,
  publishedAt,
  publishedDigits,
  readDigits,
  sequenceAt,
  sequenceDigits,
} from "../event-data.ts";
import { sampleEvery, type Tally } from "./tally.ts";

const frameEnd = Buffer.from("\n\n");
const newline = 0x0a;
const maxFrameBytes = 65_536;

/**
 * Counts the events in the body of one stream, and checks their order. It is not a parser of the format: it looks for
 * the blank line that ends a frame and for the marker that begins an event's data. Lines of a chunked body are passed
 * over in this way. A million frames a second must go through here on one core, so the next frame is first guessed
 * to be as long as the last one: that is right nearly always, and costs no search.
 */
export class StreamReader {
  /** Sequence number of the event that must come next. */
  next = 0;
  readonly #index: number;
  readonly #tally: Tally;
  #length = 0;
  #markerAt = 0;
  #partial: Buffer | undefined;
  #partialBytes = 0;

  /** @param index number of the connection, which spreads the samples of latency over all of them */
  constructor(index: number, tally: Tally) {
    this.#index = index;
    this.#tally = tally;
  }

  /** Reads the bytes from `at` to `end`. The buffer may be used again afterwards. */
  read(bytes: Buffer, at: number, end: number): void {
    if (this.#partialBytes > 0) at = this.#completePartial(bytes, at, end);
    while (at < end) {
      const guess = at + this.#length;
      if (guess <= end && this.#isNext(bytes, at, guess)) {
        this.#count(bytes, at + this.#markerAt);
        at = guess;
        continue;
      }
      const found = bytes.indexOf(frameEnd, at);
      if (found === -1 || found + frameEnd.length > end) break;
      this.#frame(bytes, at, found + frameEnd.length);
      at = found + frameEnd.length;
    }
    if (at < end) this.#keepPartial(bytes, at, end);
  }

  #isNext(bytes: Buffer, at: number, end: number): boolean {
    const markerAt = at + this.#markerAt;
    return (
      this.#length > 0 &&
      bytes[end - 1] === newline &&
      bytes[end - 2] === newline &&
      bytes[markerAt] === marker &&
      readDigits(bytes, markerAt + sequenceAt, sequenceDigits) === this.next
    );
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const markerAt = bytes.indexOf(marker, at);
    const sequence = markerAt === -1 || markerAt >= end ? -1 : readDigits(bytes, markerAt + sequenceAt, sequenceDigits);
    if (sequence === -1) {
      this.#tally.otherFrames++;
      return;
    }
    if (sequence < this.next) this.#tally.outOfOrder++;
    else this.#tally.lost += sequence - this.next;
    this.#length = end - at;
    this.#markerAt = markerAt - at;
    this.next = sequence;
    this.#count(bytes, markerAt);
  }

  #count(bytes: Buffer, markerAt: number): void {
    this.#tally.deliveries++;
    if ((this.next + this.#index) % sampleEvery === 0) {
      const published = readDigits(bytes, markerAt + publishedAt, publishedDigits);
      this.#tally.latency.record(Math.max(1, monotonicMicros() - published));
    }
    this.next++;
  }

  #keepPartial(bytes: Buffer, at: number, end: number): void {
    const needed = this.#partialBytes + (end - at);
    if (needed > maxFrameBytes) throw new Error(`A frame of more than ${maxFrameBytes} bytes.`);
    if (this.#partial === undefined || this.#partial.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(1024, needed * 2));
      this.#partial?.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialBytes, at, end);
    this.#partialBytes = needed;
  }

  /** Takes what the frame that was cut by the end of the last read still lacks. Answers where the next frame begins. */
  #completePartial(bytes: Buffer, at: number, end: number): number {
    const had = this.#partialBytes;
    const cutWithinEnd = this.#partial?.[had - 1] === newline && bytes[at] === newline;
    const found = cutWithinEnd ? at - 1 : bytes.indexOf(frameEnd, at);
    const complete = cutWithinEnd || (found !== -1 && found + frameEnd.length <= end);
    const through = complete ? found + frameEnd.length : end;
    this.#keepPartial(bytes, at, through);
    if (!complete || this.#partial === undefined) return end;
    this.#frame(this.#partial, 0, this.#partialBytes);
    this.#partialBytes = 0;
    return through;
  }
}
