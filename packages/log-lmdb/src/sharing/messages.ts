import { HubError, type Appended, type Draft, type Durability, type HubErrorCode } from "tidings/log";
import { draftOf, wireDraft, type WireDraft } from "./draft-message.ts";
import { ProtocolError } from "./frames.ts";

/** Which protocol this is. A process that speaks another one is refused with a clear error. */
export const PROTOCOL = 1;

/** Bytes of a frame. Before the greeting, those who only found the socket make nobody hold more than a little. */
export const MAX_FRAME = 67_108_864;
export const MAX_GREETING = 1_024;
/** Bytes of one append in a frame: a frame may have it alone. */
export const MAX_APPEND: number = MAX_FRAME - 1_024;

/** An append that another process is asked for. `id` is chosen by who asks, and comes back with the answer. */
export interface AppendRequest {
  readonly id: number;
  readonly drafts: readonly Draft[];
}

/**
 * What became of a request: where its events are; why nothing was appended, or that nobody knows; or `overtaken`:
 * another process appends by now, and nothing of this was appended.
 */
export type Outcome = readonly Appended[] | HubError | "overtaken";

export interface Answer {
  readonly id: number;
  readonly outcome: Outcome;
}

/** What a process says to the one that appends. */
export type ToAppender = { readonly hello: number } | { readonly appends: readonly AppendRequest[] };

/** What the process that appends says. */
export type FromAppender =
  | { readonly welcome: number; readonly durability: Durability }
  /** Everything through `head` is durable. Sent with answers, after commits, and as a sign of life. */
  | { readonly head: number; readonly ready: boolean; readonly answers: readonly Answer[] }
  /** What I have not answered was not appended, and will not be. */
  | { readonly bye: true };

type WireAnswer =
  | readonly [
      id: number,
      epoch: string,
      appended: readonly (readonly [offset: number, tag: number, duplicate: 0 | 1])[],
    ]
  | readonly [
      id: number,
      error: { readonly code: HubErrorCode; readonly message: string; readonly retryAfter?: number },
    ]
  | readonly [id: number];

export function textToAppender(message: ToAppender): string {
  return "hello" in message ? JSON.stringify(message) : textOfAppends(message.appends.map(textOfAppend));
}

/** An append as it stands in a frame: what it takes there is known before the frame is made. */
export function textOfAppend({ id, drafts }: AppendRequest): string {
  return JSON.stringify([id, drafts.map(wireDraft)]);
}

export function textOfAppends(texts: readonly string[]): string {
  return `{"appends":[${texts.join()}]}`;
}

export function textFromAppender(message: FromAppender): string {
  return JSON.stringify("head" in message ? { ...message, answers: message.answers.map(wireAnswer) } : message);
}

/** @throws ProtocolError */
export function readToAppender(text: string): ToAppender {
  const message = parsed(text);
  if (isCount(message["hello"])) return { hello: message["hello"] };
  return {
    appends: list(message["appends"]).map((request) => {
      const [id, drafts] = list(request);
      if (!isCount(id)) throw new ProtocolError("An append without a number");
      return { id, drafts: list(drafts).map((draft) => draftOf(list(draft) as unknown as WireDraft)) };
    }),
  };
}

/** @throws ProtocolError */
export function readFromAppender(text: string): FromAppender {
  const { welcome, durability, bye, head, ready, answers } = parsed(text);
  if (bye === true) return { bye };
  if (isCount(welcome)) return { welcome, durability: String(durability) as Durability };
  if (!isCount(head) || typeof ready !== "boolean") throw new ProtocolError("A message of no known kind");
  return { head, ready, answers: list(answers).map(answerOf) };
}

function wireAnswer({ id, outcome }: Answer): WireAnswer {
  if (outcome === "overtaken") return [id];
  if (outcome instanceof HubError) {
    const { code, message, retryAfter } = outcome;
    return [id, { code, message, ...(retryAfter !== undefined && { retryAfter }) }];
  }
  const appended = outcome.map(
    ({ position, duplicate }) => [position.offset, position.tag, duplicate ? 1 : 0] as const,
  );
  return [id, outcome[0]?.position.epoch ?? "", appended];
}

function answerOf(value: unknown): Answer {
  const [id, second, third] = list(value);
  if (!isCount(id)) throw new ProtocolError("An answer without a number");
  if (second === undefined) return { id, outcome: "overtaken" };
  if (typeof second === "string") {
    return { id, outcome: list(third).map((appended) => appendedOf(second, list(appended))) };
  }
  if (typeof second !== "object" || second === null) throw new ProtocolError("An answer that is none");
  const { code, message, retryAfter } = second as { code?: HubErrorCode; message?: string; retryAfter?: number };
  if (typeof code !== "string" || typeof message !== "string") throw new ProtocolError("An error without its code");
  return { id, outcome: new HubError(code, message, { ...(retryAfter !== undefined && { retryAfter }) }) };
}

function appendedOf(epoch: string, [offset, tag, duplicate]: readonly unknown[]): Appended {
  if (!isCount(offset) || !isCount(tag)) throw new ProtocolError("An answer without a position");
  return { position: { epoch, offset, tag }, duplicate: duplicate === 1 };
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("A frame that is not JSON", { cause });
  }
  if (typeof value !== "object" || value === null) throw new ProtocolError("A frame that is no message");
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ProtocolError("Something else where a list should be");
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
