import { connect } from "../client/connect/connect.ts";
import type { ConnectOptions } from "../client/connect/options.ts";
import type { Tidings } from "../client/connect/tidings.ts";
import type { Clock } from "../client/stream/clock.ts";
import { createTestClock } from "./test-clock.ts";
import { createTestHub, type Failure, type TestPublication, type TestRequest } from "./test-hub.ts";

/**
 * What stands in for a hub in a test. The client over it is the real one; it sees requests answered, streams that end, and
 * a clock. What answers a promise resolves when the client has done all that followed.
 */
export interface TestSource {
  /** A client of this source. Options are as for `connect`. */
  connect<Events = Record<string, unknown>>(options?: ConnectOptions): Tidings<Events>;
  /** For clients that are made elsewhere: hand these to `connect` or to a provider. */
  readonly options: {
    readonly fetch: typeof globalThis.fetch;
    readonly clock: Clock;
    readonly random: () => number;
    /** Tabs have clocks and locks that no test moves. */
    readonly shareTabs: false;
  };
  /** An event happens. A text is sent as it is, anything else as JSON. Answers its id; rejects what a hub refuses. */
  emit(topic: string | readonly string[], event: string, data: unknown): Promise<string>;
  /** Every connection breaks. The client comes back when its time has come: see `advance`. */
  drop(): Promise<void>;
  /** The next requests are answered with an error. */
  fail(status: number, failure?: Failure): Promise<void>;
  /** Time goes on by so many ms, and what is due happens in order. Nothing else moves the clock. */
  advance(ms: number): Promise<void>;
  /** What has happened so far is too old: who resumes from before gets `tidings:gap`. */
  evict(): Promise<void>;
  /** Every connection breaks, and what has happened is forgotten: who comes back gets `tidings:reset`. */
  restart(): Promise<void>;
  /** Resolves when the client has nothing more to do before time goes on. */
  settled(): Promise<void>;
  /** How many streams are open. */
  readonly connections: number;
  /** How many timers the client has, and with streams open one for their heartbeats. After all was closed: none. */
  readonly timers: number;
  /** All requests so far, for a look at their headers. */
  readonly requests: readonly TestRequest[];
  /** What clients published, without repetitions of an idempotency key. It is also delivered. */
  readonly published: readonly TestPublication[];
}

/** Taken at once: a test may put false timers in their places. */
const { setTimeout } = globalThis;

/** A test source, which has nothing yet. */
export function createTestSource(): TestSource {
  const clock = createTestClock(Date.UTC(2026, 0, 1));
  let movements = 0;
  const moved = (): void => {
    movements += 1;
  };
  const hub = createTestHub(clock, moved);
  const requests: TestRequest[] = [];

  const options = {
    clock,
    random: () => 0.5,
    shareTabs: false as const,
    async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
      moved();
      // Not as a Request: in a DOM for tests that may be another one than the signal's.
      const body = await textOf(init?.body);
      const url = input instanceof Object && "url" in input ? input.url : String(input);
      const request = { method: init?.method ?? "GET", url, headers: new Headers(init?.headers), body };
      requests.push(request);
      init?.signal?.throwIfAborted();
      const response = hub.answer(request, init?.signal ?? undefined);
      moved();
      return response;
    },
  };

  /** A few turns of the event loop without a movement: two where every stream was read to its end, more where one is not. */
  async function settled(): Promise<void> {
    let seen = movements;
    for (let still = 0; still < 20; still += 1) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 0));
      if (seen !== movements) still = 0;
      seen = movements;
      if (still >= 2 && hub.idle) return;
    }
  }

  async function after<Value>(value: Value): Promise<Value> {
    await settled();
    return value;
  }

  return {
    connect: (more) => connect("http://test.source/events", { ...options, ...more }),
    options,
    // Async, so that what is refused rejects.
    emit: async (topic, event, data) => after(hub.happen(topic, event, data)),
    drop: () => after(hub.cut()),
    fail: (status, failure) => after(hub.fail({ ...failure, status })),
    async advance(ms) {
      const until = clock.now() + ms;
      do await settled();
      while (clock.step(until));
      await settled();
    },
    evict: () => after(hub.evict()),
    restart() {
      hub.restart();
      return after(hub.cut());
    },
    settled,
    get connections() {
      return hub.connections;
    },
    get timers() {
      return clock.waiting;
    },
    requests,
    published: hub.published,
  };
}

async function textOf(body: BodyInit | null | undefined): Promise<string> {
  if (typeof body === "string") return body;
  return body instanceof Object && "text" in body ? await body.text() : "";
}
