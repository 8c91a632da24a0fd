import type { Socket } from "node:net";
import { HubError, type Durability } from "tidings/log";
import { Connection } from "./connection.ts";
import { ProtocolError } from "./frames.ts";
import {
  MAX_FRAME,
  MAX_GREETING,
  PROTOCOL,
  readToAppender,
  textFromAppender,
  type Answer,
  type AppendRequest,
  type FromAppender,
  type Outcome,
} from "./messages.ts";
import { Overtaken, type Appender } from "../appender.ts";

/** What a connected process is served by. */
export interface AppendingHost {
  readonly durability: Durability;
  /** Without one, appends wait. */
  readonly appender: Appender | undefined;
  /** Everything through this offset is durable. */
  readonly head: number;
  /** Calls `flush` on the next turn. */
  flushSoon(): void;
  gone(process: ConnectedProcess): void;
}

interface Taken extends AppendRequest {
  /** Its share of the frame that it came in. */
  readonly bytes: number;
}

/** Requests of one process that are not answered yet, and their bytes. Beyond it nothing more is read of it. */
const MAX_TAKEN = 4_096;
const MAX_TAKEN_BYTES = 16 * 1024 * 1024;
/** Milliseconds in which who connects has to say what it speaks. */
const GREETING = 2_000;

/** Another process, seen by the one that appends: its requests in, answers and news out. */
export class ConnectedProcess {
  readonly #host: AppendingHost;
  readonly #connection: Connection;
  readonly #unheard: NodeJS.Timeout;
  #early: Taken[] = [];
  #answers: (Answer & { readonly bytes: number })[] = [];
  // Of requests whose answers have not gone out.
  #taken = 0;
  #takenBytes = 0;
  #greeted = false;
  #due = false;
  #onAnswered: (() => void) | undefined;

  constructor(socket: Socket, host: AppendingHost) {
    this.#host = host;
    this.#connection = new Connection(socket, MAX_GREETING, {
      onText: (text) => this.#take(text),
      onDrain: () => this.flush(),
      onClosed: () => this.#closed(),
    });
    this.#unheard = setTimeout(() => this.#connection.cut(), GREETING).unref();
  }

  /** There is an appender: takes what has waited for it. */
  start(): void {
    const early = this.#early;
    this.#early = [];
    for (const request of early) this.#append(request);
    this.#readOnWhileThereIsRoom();
  }

  /** There is news, or a sign of life is due. */
  due(): void {
    this.#due = this.#greeted;
  }

  /** Sends answers and news, unless the other side has still to read the ones before: then when it has. */
  flush(): void {
    const { head, appender } = this.#host;
    const answers = this.#answers;
    if (!this.#due && answers.length === 0) return;
    // In parting the last answers go out whatever waits: they are bounded, and a connection that does not drain is cut.
    if (this.#connection.full && this.#onAnswered === undefined) return;
    this.#send({ head, ready: appender?.ready ?? false, answers });
    this.#due = false;
    this.#answers = [];
    for (const { bytes } of answers) this.#takenBytes -= bytes;
    this.#taken -= answers.length;
    this.#readOnWhileThereIsRoom();
    if (this.#taken === 0) this.#onAnswered?.();
  }

  /** Takes no more requests. Settles when all that were taken are answered, but for those that wait for an appender. */
  async stop(): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#onAnswered = resolve));
    this.#connection.pause();
    if (this.#taken === this.#early.length) return;
    this.flush();
    await answered;
  }

  /** Says that what is not answered was not appended, and may be sent to another one. */
  leave(): void {
    this.#onAnswered ??= () => {};
    this.#send({ bye: true });
    this.#connection.cutSoon();
  }

  #take(text: string): void {
    if (this.#onAnswered !== undefined) return;
    const message = readToAppender(text);
    if ("hello" in message) return this.#greet(message.hello);
    if (!this.#greeted) throw new ProtocolError("An append before the greeting");
    this.#taken += message.appends.length;
    this.#takenBytes += text.length;
    const bytes = text.length / message.appends.length;
    for (const { id, drafts } of message.appends) this.#append({ id, drafts, bytes });
    this.#readOnWhileThereIsRoom();
  }

  #greet(protocol: number): void {
    clearTimeout(this.#unheard);
    this.#send({ welcome: PROTOCOL, durability: this.#host.durability });
    if (protocol !== PROTOCOL) return this.#connection.end();
    this.#greeted = true;
    this.#connection.maxFrame = MAX_FRAME;
    this.due();
    this.#host.flushSoon();
  }

  #append(request: Taken): void {
    const { id, drafts, bytes } = request;
    const { appender } = this.#host;
    if (appender === undefined) {
      this.#early.push(request);
      return;
    }
    const answer = (outcome: Outcome): void => {
      this.#answers.push({ id, outcome, bytes });
      this.#host.flushSoon();
    };
    appender.append(drafts).then(answer, (error: unknown) => answer(failure(error)));
  }

  #readOnWhileThereIsRoom(): void {
    const waits = this.#taken > 0 && this.#host.appender === undefined;
    const hasRoom = this.#taken < MAX_TAKEN && this.#takenBytes < MAX_TAKEN_BYTES && !waits;
    if (hasRoom && this.#onAnswered === undefined) this.#connection.resume();
    else this.#connection.pause();
  }

  #send(message: FromAppender): void {
    this.#connection.send(textFromAppender(message));
  }

  #closed(): void {
    clearTimeout(this.#unheard);
    this.#onAnswered?.();
    this.#host.gone(this);
  }
}

function failure(error: unknown): Outcome {
  if (error instanceof Overtaken) return "overtaken";
  if (error instanceof HubError) return error;
  return new HubError("log-failed", error instanceof Error ? error.message : "The log failed");
}
