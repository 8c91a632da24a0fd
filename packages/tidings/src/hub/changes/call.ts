import type { Position } from "../log/log.ts";

/** A change that was sent to the log, until the log's follower has told it. */
export class Call {
  readonly number: number;
  /** Where it took effect; nothing, if that is not known and it has to be made again. */
  readonly told: Promise<Position | undefined>;
  /** Settles `told`. What comes first holds. */
  readonly settle: (position: Position | undefined) => void;
  readonly fail: (error: unknown) => void;
  /** Where it is in the log, once the log has answered. */
  position: Position | undefined;
  /** The history was reset while the log had not answered: where it is may not be there any more. */
  outlived = false;

  constructor(number: number) {
    this.number = number;
    const { promise, resolve, reject } = Promise.withResolvers<Position | undefined>();
    this.told = promise;
    this.settle = resolve;
    this.fail = reject;
  }
}
