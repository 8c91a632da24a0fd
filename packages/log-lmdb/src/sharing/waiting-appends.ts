import { HubError, type Appended, type Draft } from "tidings/log";

/** An append of this process that is not answered yet. */
export interface Request {
  /** Its place among the appends of this process. */
  readonly order: number;
  readonly drafts: readonly Draft[];
  /** As it is sent to another process, and how many bytes that is. */
  readonly text: string;
  readonly bytes: number;
  /** It was sent to a process that is gone, and may be in the log: its keys tell. */
  readonly mayBeThere: boolean;
  /** When it was made, in milliseconds of a clock that never goes back. */
  readonly since: number;
  resolve(appended: readonly Appended[] | PromiseLike<readonly Appended[]>): void;
  reject(error: unknown): void;
}

/** How much may wait for one that appends: requests, bytes of them, and milliseconds. */
export interface Patience {
  readonly requests: number;
  readonly bytes: number;
  readonly ms: number;
}

/** Appends that are in nobody's hands, in the order in which they were made. */
export class WaitingAppends {
  readonly #patience: Patience;
  #requests: Request[] = [];
  #first = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  get size(): number {
    return this.#requests.length - this.#first;
  }

  /**
   * Takes a request, at its place. One that came back from who could not append it is before those made since, unless
   * it has waited long enough: what makes every process that takes it fail must not go round for ever.
   */
  add(request: Request): void {
    const { requests, bytes, ms } = this.#patience;
    if (this.#isTooOld(request)) return this.#refuseOld(request);
    if (this.size >= requests || (this.size > 0 && this.#bytes + request.bytes > bytes)) {
      refuse(request, `${this.size} appends wait already`);
      return;
    }
    let place = this.#requests.length;
    while (place > this.#first && (this.#requests[place - 1]?.order ?? 0) > request.order) place -= 1;
    this.#requests.splice(place, 0, request);
    this.#bytes += request.bytes;
    // Holds the process: somebody waits for the answer.
    this.#timer ??= setInterval(() => this.#expire(), ms / 10);
  }

  /** The oldest, which is no longer here then. */
  shift(): Request | undefined {
    const request = this.#requests[this.#first];
    if (request === undefined) return undefined;
    this.#first += 1;
    this.#bytes -= request.bytes;
    if (this.size === 0) {
      this.#requests = [];
      this.#first = 0;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return request;
  }

  /** Gives up on all of them. */
  rejectAll(reason: string, cause?: unknown): void {
    for (let request = this.shift(); request !== undefined; request = this.shift()) {
      refuse(request, reason, cause);
    }
  }

  #expire(): void {
    for (let first = this.#requests[this.#first]; first !== undefined; first = this.#requests[this.#first]) {
      if (!this.#isTooOld(first)) return;
      this.shift();
      this.#refuseOld(first);
    }
  }

  #isTooOld({ since }: Request): boolean {
    return performance.now() - since > this.#patience.ms;
  }

  #refuseOld(request: Request): void {
    refuse(request, `no process took it for ${this.#patience.ms / 1_000} s`);
  }
}

function refuse(request: Request, reason: string, cause?: unknown): void {
  const error = new HubError("log-failed", `Nothing was appended: ${reason}`, { cause });
  request.reject(request.mayBeThere ? notKnown(reason, cause) : error);
}

/** Of an append that was sent to a process, which did not answer. */
export function notKnown(reason: string, cause: unknown): HubError {
  const message = `Whether this was appended is not known: ${reason}; publish it again with the same key`;
  return new HubError("log-failed", message, { cause });
}
