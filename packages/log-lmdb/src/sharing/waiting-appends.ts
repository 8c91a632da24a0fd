import { HubError, type Appended, type Draft } from "tidings/log";

/** An append of this process that is not answered yet. */
export interface Request {
  /** Its place among the appends of this process. */
  readonly order: number;
  readonly drafts: readonly Draft[];
  /** Of memory, about. */
  readonly bytes: number;
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

/** Appends that were not handed to anyone yet, in the order in which they were made. Of none of them anything is in the log. */
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

  /** Takes a request, at its place. One that came back from who could not append it is before those made since. */
  add(request: Request): void {
    const { requests, bytes, ms } = this.#patience;
    if (this.size >= requests || (this.size > 0 && this.#bytes + request.bytes > bytes)) {
      request.reject(notAppended(`${this.size} appends wait already`));
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
      request.reject(notAppended(reason, cause));
    }
  }

  #expire(): void {
    const { ms } = this.#patience;
    const now = performance.now();
    while (now - (this.#requests[this.#first]?.since ?? now) > ms) {
      this.shift()?.reject(notAppended(`no process took it for ${ms / 1_000} s`));
    }
  }
}

function notAppended(reason: string, cause?: unknown): HubError {
  return new HubError("log-failed", `Nothing was appended: ${reason}`, { cause });
}
