import type { ClientPublication } from "../client/connect/tidings.ts";
import type { Clock } from "../client/stream/clock.ts";
import { formatEvent } from "../wire/encode.ts";
import { checkAsked, checkPublished, Refusal } from "./refusal.ts";
import { createTestLog, isWanted } from "./test-log.ts";
import { openTestStream, type TestStream } from "./test-stream.ts";

/** What was published to a test source. */
export interface TestPublication extends ClientPublication {
  readonly topic: string | readonly string[];
}

/** A request that came. */
export interface TestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Its body as text; empty where it had none. */
  readonly body: string;
}

/** How requests fail. */
export interface Failure {
  /** How many of them. Default 1. */
  readonly times?: number | undefined;
  /** Which ones: streams that are opened (the default), or publications. */
  readonly of?: "stream" | "publish" | undefined;
  /** The `Retry-After` of the answers, in seconds. */
  readonly retryAfter?: number | undefined;
  /** The `code` of their problem. */
  readonly code?: string | undefined;
}

/** The other side of `fetch`: what answers requests. */
export interface TestHub {
  answer(request: TestRequest, signal: AbortSignal | undefined): Response;
  /**
   * An event happens. Answers its id.
   *
   * @throws Refusal what the hub does not take
   */
  happen(topic: string | readonly string[], event: string, data: unknown): string;
  fail(failure: PlannedFailure): void;
  /** Breaks every connection. */
  cut(): void;
  evict(): void;
  restart(): void;
  readonly connections: number;
  /** Every stream was read to its end. */
  readonly idle: boolean;
  readonly published: readonly TestPublication[];
}

interface PlannedFailure extends Failure {
  readonly status: number;
}

interface Opened {
  readonly stream: TestStream;
  readonly topics: Set<string>;
}

/** What a stream is asked for with. */
interface StreamRequest {
  readonly topics: readonly string[];
  readonly lastEventId: string;
  readonly from: string | undefined;
}

/** What is asked of a stream that is open. */
interface Change {
  readonly stream: string;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

type Published = Omit<TestPublication, "topic"> & Partial<Pick<TestPublication, "topic">>;

/** The heartbeat that it announces, in ms. */
const HEARTBEAT = 15_000;

/** A hub for tests. `moved` is called whenever a client has read from a stream or left it. */
export function createTestHub(clock: Clock, moved: () => void): TestHub {
  const log = createTestLog();
  const streams = new Map<string, Opened>();
  const published: TestPublication[] = [];
  const answers = new Map<string, { readonly payload: string; readonly answer: object }>();
  const failures: PlannedFailure[] = [];
  let opened = 0;
  let stopBeating = (): void => undefined;

  function happen(topic: string | readonly string[], event: string, data: unknown): string {
    const { topics, text } = checkPublished(topic, event, data);
    const { id, frame } = log.append(topics, event, text);
    for (const each of streams.values()) if (isWanted(each.topics, topics)) each.stream.write(frame);
    return id;
  }

  /** Goes on as long as there are streams. */
  function beat(): void {
    stopBeating = clock.after(HEARTBEAT, () => {
      const frame = formatEvent({ id: log.head, event: "tidings:cursor", data: "" });
      for (const { stream } of streams.values()) stream.write(frame);
      beat();
    });
  }

  function gone(name: string): void {
    streams.delete(name);
    if (streams.size === 0) stopBeating();
  }

  function open(signal: AbortSignal | undefined, { topics, lastEventId, from }: StreamRequest): Response {
    const asked = new Set(topics.length === 0 ? ["default"] : topics);
    checkAsked(asked);
    opened += 1;
    const name = `stream${opened}`;
    const stream = openTestStream(signal, moved, () => gone(name));
    if (streams.size === 0) beat();
    streams.set(name, { stream, topics: asked });
    const opening = JSON.stringify({ heartbeat: HEARTBEAT, stream: name });
    stream.write(log.begin({ topics: asked, lastEventId, from, opening }));
    return new Response(stream.body, { headers: { "Content-Type": "text/event-stream" } });
  }

  function change({ stream, add = [], remove = [] }: Change): Response {
    const topics = streams.get(stream)?.topics;
    if (topics === undefined) throw new Refusal("unknown-stream", "No such stream is open", 404);
    checkAsked(new Set([...topics, ...add].filter((topic) => !remove.includes(topic))));
    for (const topic of add) topics.add(topic);
    for (const topic of remove) topics.delete(topic);
    return Response.json({ id: log.head });
  }

  function publish({ topic = "default", ...publication }: Published): Response {
    const { event, data, idempotencyKey: key } = publication;
    const { topics, text } = checkPublished(topic, event, data, key);
    const known = JSON.stringify([topics.toSorted(), key]);
    const payload = JSON.stringify([event, text]);
    const before = key === undefined ? undefined : answers.get(known);
    if (before !== undefined && before.payload !== payload) {
      throw new Refusal("conflict", "The idempotency key was used for another payload", 409);
    }
    if (before !== undefined) return Response.json({ ...before.answer, duplicate: true });
    published.push({ topic, ...publication });
    const id = happen(topic, event ?? "message", data);
    const acknowledgement = { id, durability: "memory" };
    if (key !== undefined) answers.set(known, { payload, answer: acknowledgement });
    return Response.json(acknowledgement);
  }

  function answer({ method, url, headers, body }: TestRequest, signal: AbortSignal | undefined): Response {
    const { pathname, searchParams: query } = new URL(url);
    const kind = pathname.endsWith("publish") ? "publish" : "stream";
    const failing = failures.findIndex(({ of = "stream" }) => of === kind && method !== "PATCH");
    if (failing !== -1) return refuse(failing);
    if (kind === "publish") return publish(JSON.parse(body) as Published);
    if (method === "PATCH") return change(JSON.parse(body) as Change);
    const asked = (method === "POST" ? JSON.parse(body) : {}) as Partial<StreamRequest>;
    return open(signal, {
      topics: asked.topics ?? query.getAll("topic"),
      lastEventId: headers.get("Last-Event-ID") ?? query.get("lastEventId") ?? asked.lastEventId ?? "",
      from: asked.from ?? query.get("from") ?? undefined,
    });
  }

  function refuse(index: number): Response {
    const [{ status, retryAfter, code = "failed" }] = failures.splice(index, 1) as [PlannedFailure];
    return problem(
      status,
      code,
      "Asked for by a test",
      retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) },
    );
  }

  return {
    answer(request, signal) {
      try {
        return answer(request, signal);
      } catch (error) {
        if (error instanceof Refusal) return problem(error.status, error.code, error.message);
        throw error;
      }
    },
    happen,
    fail(failure) {
      for (let i = 0; i < (failure.times ?? 1); i += 1) failures.push(failure);
    },
    cut() {
      for (const { stream } of streams.values()) stream.cut();
    },
    evict: log.evict,
    restart: log.restart,
    get connections() {
      return streams.size;
    },
    get idle() {
      return [...streams.values()].every(({ stream }) => stream.idle);
    },
    published,
  };
}

function problem(status: number, code: string, title: string, headers: Record<string, string> = {}): Response {
  const body = JSON.stringify({ status, code, title });
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}
