import type { FrameRecord } from "../logs/record.ts";
import { Asked } from "./asked.ts";
import { cursorText, placeOf, type Place } from "./cursor.ts";
import type { History } from "./history.ts";
import type { Truth } from "./truth.ts";
import type { Say } from "./violation.ts";

/** How far a subscriber has everything that it is entitled to: received, confessed, or in a snapshot. */
export class Coverage {
  readonly #truth: Truth;
  readonly #say: Say;
  /** Its topics and patterns. */
  asked: Asked = new Asked([]);
  #at: Place | undefined;

  constructor(truth: Truth, say: Say) {
    this.#truth = truth;
    this.#say = say;
  }

  /** Through here. */
  get at(): Place | undefined {
    return this.#at;
  }

  set at(place: Place | undefined) {
    this.#at = place;
    if (place !== undefined) this.asked.come(place, this.#truth.of(place));
  }

  /** Goes on to a place: everything after the last one, through an offset, must have been received. */
  advance(frame: FrameRecord, place: Place, through: number): void {
    const at = this.at;
    if (!this.checkKnown(frame, place)) return;
    if (at === undefined) {
      this.at = place;
      return;
    }
    const history = this.#historyOf(place, at);
    if (history === undefined && at.epoch === place.epoch) {
      this.at = place;
      return;
    }
    if (history === undefined || history.has(at) === false) {
      this.#say("I6", frame, `From ${cursorText(at)} to ${cursorText(place)}, another history, without a reset`);
      this.at = place;
      return;
    }
    if (place.offset < at.offset) {
      return this.#say("I14", frame, `${frame.event} ${cursorText(place)} comes after ${cursorText(at)}`);
    }
    const missing = this.missing(history, at.offset, through);
    if (missing !== undefined) {
      this.#say("I6", frame, `${missing} did not come before ${frame.event} ${cursorText(place)}`);
    }
    this.at = place;
  }

  /** A history that has both places, or the newest that has the first. */
  #historyOf(place: Place, at: Place): History | undefined {
    return (
      this.#truth.histories.findLast((history) => history.has(place) === true && history.has(at) !== false) ??
      this.#truth.of(place)
    );
  }

  /** The first entry in a range that this subscriber is entitled to, in words. */
  missing(history: History, after: number, through: number, but: readonly FrameRecord[] = []): string | undefined {
    for (let offset = after + 1; offset <= through; offset++) {
      const entry = history.entry(offset);
      if (entry === undefined || !this.asked.requires(offset, entry.topics, history)) continue;
      if (but.some(({ cursor }) => placeOf(cursor ?? "")?.offset === offset)) continue;
      return `${history.epoch}-${offset}-${entry.tag} (${entry.payload.slice(0, 20)} to ${entry.topics.join()})`;
    }
    return undefined;
  }

  /** Whether the log gave this cursor, and no one else. */
  checkKnown(frame: FrameRecord, place: Place): boolean {
    if (!this.#truth.traced || this.#truth.of(place)?.has(place) === true) return true;
    this.#say("I2", frame, `No log gave the cursor ${cursorText(place)} of ${frame.event}`);
    return false;
  }

  /** Whoever begins with all there is begins with the oldest there is. */
  checkOldest(frame: FrameRecord, place: Place): void {
    const evicted = this.#truth.evicted(place, frame.at);
    if (place.offset <= evicted) return;
    this.#say("I6", frame, `It begins after ${place.offset}, and the log has what is after ${evicted}`);
  }
}
