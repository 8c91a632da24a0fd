import { connect } from "node:net";
import { HubError, type Durability } from "tidings/log";
import { Connection } from "./connection.ts";
import {
  MAX_FRAME,
  PROTOCOL,
  readFromAppender,
  textOfAppends,
  textToAppender,
  type Answer,
  type FromAppender,
} from "./messages.ts";
import { notKnown, type Request } from "./waiting-appends.ts";

/** What a process is told by the one that appends. */
export interface AppenderClientOptions {
  /** Its socket. */
  readonly path: string;
  /** What this process promises: an appender that keeps less is refused. */
  readonly durability: Durability;
  /** Milliseconds between its signs of life. */
  readonly beat: number;
  /** There may be more in the log. Called before the answers that came with it are given. */
  readonly onNews: () => void;
  /** There is room again after `full`. */
  readonly onDrain: () => void;
  /** Everything that was sent is answered. */
  readonly onAnswered: () => void;
  /** Comes back, to be sent to another one: nothing of it was appended, or its keys tell. */
  readonly onReturned: (request: Request) => void;
}

/** Signs of life that may fail to come, of one who has yet to greet, and of one who has. */
const GREETING_BEATS = 2;
const SILENT_BEATS = 4;
/** Bytes of appends that go in one frame, unless one append alone has more. */
const FRAME_SIZE = 1024 * 1024;

/** The process that appends, seen by another one: requests out, answers and news in. */
export class AppenderClient {
  /** Settles when the connection is over, and each request was answered, returned or rejected. */
  readonly lost: Promise<void>;
  readonly #options: AppenderClientOptions;
  readonly #connection: Connection;
  readonly #welcome = Promise.withResolvers<boolean>();
  readonly #lost = Promise.withResolvers<void>();
  readonly #sent = new Map<number, Request>();
  readonly #beats: NodeJS.Timeout;
  #missed = 0;
  #greeted = false;
  #leaving = false;
  #ready = false;
  #isSilent = false;

  /**
   * Connects and greets. Answers `undefined` if nobody is there, or somebody who says nothing.
   *
   * @throws HubError if somebody is there whom this process cannot append by
   */
  static async connect(options: AppenderClientOptions): Promise<AppenderClient | undefined> {
    const client = new AppenderClient(options);
    return (await client.#welcome.promise) ? client : undefined;
  }

  private constructor(options: AppenderClientOptions) {
    this.#options = options;
    this.lost = this.#lost.promise;
    this.#connection = new Connection(connect({ path: options.path }), MAX_FRAME, {
      onText: (text) => this.#take(readFromAppender(text)),
      onDrain: options.onDrain,
      onClosed: (error) => this.#closed(error),
    });
    this.#connection.send(textToAppender({ hello: PROTOCOL }));
    this.#beats = setInterval(() => this.#listen(), options.beat).unref();
  }

  /** Whether it takes no more for now. */
  get full(): boolean {
    return this.#leaving || this.#connection.full;
  }

  get ready(): boolean {
    return this.#ready && !this.#leaving;
  }

  /** Whether it has still to answer. */
  get isAsked(): boolean {
    return this.#sent.size > 0;
  }

  /** Whether it was left because it said nothing any more. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Asks for appends, in this order. */
  send(requests: readonly Request[]): void {
    let group: Request[] = [];
    let size = 0;
    for (const request of requests) {
      if (group.length > 0 && size + request.bytes > FRAME_SIZE) {
        this.#sendFrame(group);
        group = [];
        size = 0;
      }
      group.push(request);
      size += request.bytes;
    }
    if (group.length > 0) this.#sendFrame(group);
  }

  /** Leaves. What is not answered is unknown. */
  cut(): void {
    this.#connection.cut();
  }

  #sendFrame(requests: readonly Request[]): void {
    if (this.#sent.size === 0) this.#connection.hold(true);
    for (const request of requests) this.#sent.set(request.order, request);
    this.#connection.send(textOfAppends(requests.map(({ text }) => text)));
  }

  #take(message: FromAppender): void {
    this.#missed = 0;
    if ("welcome" in message) return this.#greet(message.welcome, message.durability);
    if ("bye" in message) {
      this.#leaving = true;
      for (const id of this.#sent.keys()) this.#settle({ id, outcome: "overtaken" });
      return this.#connection.end();
    }
    this.#ready = message.ready;
    this.#options.onNews();
    for (const answer of message.answers) this.#settle(answer);
    if (message.answers.length > 0 && this.#sent.size === 0) {
      this.#connection.hold(false);
      this.#options.onAnswered();
    }
  }

  #greet(protocol: number, durability: Durability): void {
    const refused = refusal(protocol, durability, this.#options.durability);
    if (refused !== undefined) {
      this.#welcome.reject(refused);
      return this.#connection.cut();
    }
    this.#greeted = true;
    this.#welcome.resolve(true);
  }

  #settle({ id, outcome }: Answer): void {
    const request = this.#sent.get(id);
    if (request === undefined) return;
    this.#sent.delete(id);
    if (outcome === "overtaken") {
      this.#leaving = true;
      this.#options.onReturned(request);
    } else if (outcome instanceof HubError) {
      request.reject(outcome);
    } else {
      request.resolve(outcome);
    }
  }

  /** Counts the beats of this process that brought nothing: after a sleep of the machine, or of this process, one. */
  #listen(): void {
    this.#missed += 1;
    if (this.#missed <= (this.#greeted ? SILENT_BEATS : GREETING_BEATS)) return;
    this.#isSilent = true;
    this.#connection.cut();
  }

  #closed(error: Error | undefined): void {
    clearInterval(this.#beats);
    this.#leaving = true;
    if (isRefusal(error)) this.#welcome.reject(error);
    else this.#welcome.resolve(false);
    for (const request of this.#sent.values()) {
      // By their keys the next one sees what is there already. The caller is spared the same question.
      if (request.drafts.every(({ key }) => key !== undefined)) {
        this.#options.onReturned({ ...request, mayBeThere: true });
        continue;
      }
      request.reject(notKnown("the process that appends is gone", error));
    }
    this.#sent.clear();
    this.#lost.resolve();
  }
}

/** Whether somebody may be there who does not let this process in. */
function isRefusal(error: Error | undefined): boolean {
  const code = error !== undefined && "code" in error ? error.code : undefined;
  return code === "EACCES" || code === "EPERM";
}

function refusal(protocol: number, durability: Durability, promised: Durability): HubError | undefined {
  if (protocol !== PROTOCOL) {
    const message = `The process that appends to the log speaks version ${protocol} of the protocol, this one ${PROTOCOL}`;
    return new HubError("log-failed", message);
  }
  if (durability === promised || durability === "fsync") return undefined;
  const message = `The process that appends to the log is as durable as "${durability}", this one promises "${promised}"`;
  return new HubError("bad-option", `${message}: give all that share a log the same option`);
}
