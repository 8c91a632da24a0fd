import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientError } from "../error.ts";
import { hubSays } from "./hub-says.ts";
import type { Clock } from "../stream/clock.ts";
import { ask } from "../stream/request.ts";
import { createStream } from "../stream/stream.ts";
import type { Asking } from "./asking.ts";
import type { Send } from "./settings.ts";
import type { Source, SourceListener } from "./source.ts";

/** What a main stream is made of. */
export interface MainStreamOptions {
  readonly base: URL;
  readonly asking: Asking;
  readonly send: Send;
  readonly clock: Clock;
  /** What to resume after, or empty: looked up when it begins. */
  readonly at: { readonly cursor: string };
}

/**
 * One stream of all topics. Topics come and go by PATCH, in order; where the server does not know that, by connecting
 * anew after the last cursor.
 */
export function openMainStream(options: MainStreamOptions, listener: SourceListener): Source {
  let wanted = new Set<string>();
  /** What the connection brings. */
  let carried = new Set<string>();
  /** The connection's name, by which it can be changed, once it is known. */
  let name: string | undefined;
  let changing = false;
  /** Some of several topics were refused: beside those that were not, they are asked for one by one, to know which. */
  let good: ReadonlySet<string> | undefined;
  /** The change that the stream is yet to come to, and those that it came to while one was under way. */
  let ahead: string | undefined;
  let passed: string[] = [];
  /** The server said so. */
  let over = false;
  /** Since its opening frame has come. */
  let connection: AbortController | undefined;

  const asked = options.asking.of(() => carried);
  const doubted = (topics: Iterable<string>): string[] => [...topics].filter((topic) => good?.has(topic) !== true);
  const stream = createStream(
    {
      ...asked,
      // The first that an attempt asks for. A token may take its time.
      headers() {
        lost();
        listener.status({ state: "connecting" });
        return ask(asked.headers);
      },
      url() {
        carried = new Set(wanted);
        if (good !== undefined) for (const topic of doubted(wanted).slice(1)) carried.delete(topic);
        return asked.url();
      },
    },
    {
      opened: () => listener.status({ state: "replaying", error: undefined }),
      event,
      settled: () => listener.settled(),
      failed(error, retryIn) {
        lost();
        if (retryIn === undefined && (asked.mistook(error) || isOfOne(error))) return stream.open();
        over = retryIn === undefined;
        listener.status({
          state: over ? "closed" : "waiting",
          error,
          retryAt: retryIn === undefined ? undefined : options.clock.now() + retryIn,
        });
      },
    },
  );

  /** Whether the opening was refused for one of several topics; the one is given up once it is known. */
  function isOfOne(error: ClientError): boolean {
    if (!isOfTopics(error)) return false;
    const [bad, ...more] = doubted(carried);
    if (bad === undefined || more.length > 0) {
      good = new Set();
      return carried.size > 1;
    }
    if (wanted.size === 1) return false;
    refuse(bad, error);
    return true;
  }

  function refuse(topic: string, error: ClientError): void {
    wanted.delete(topic);
    listener.refused([topic], error);
  }

  function open(): void {
    stream.lastEventId = options.at.cursor;
    stream.open();
  }

  function lost(): void {
    connection?.abort();
    connection = undefined;
    name = ahead = undefined;
    passed = [];
  }

  function event(came: ParsedEvent): void {
    listener.event(came);
    if (came.event === "tidings:live") listener.status({ state: "live" });
    name ??= hubSays(came, "stream");
    // While a snapshot runs there is no cursor.
    if (came.event !== "tidings:cursor" || came.lastEventId === "") return;
    passed.push(came.lastEventId);
    if (!changing) pass();
    if (connection !== undefined) return;
    connection = new AbortController();
    void change();
  }

  /** What was given up does not come any more once the stream is past the change. */
  function pass(): void {
    if (ahead !== undefined && passed.includes(ahead)) {
      ahead = undefined;
      listener.covers([...carried], true);
    }
    passed = [];
  }

  /** Lets the connection carry what is wanted, and says so. */
  async function change(): Promise<void> {
    if (connection === undefined || changing) return;
    if (good !== undefined) good = carried;
    const add = [...wanted].filter((topic) => !carried.has(topic)).slice(0, good && 1);
    const remove = [...carried].filter((topic) => !wanted.has(topic));
    if (add.length === 0) good = undefined;
    if (add.length + (name === undefined ? 0 : remove.length) === 0) return listener.covers([...carried]);
    if (name === undefined) return stream.reconnect();
    const { signal } = connection;
    changing = true;
    try {
      const answer = await options.send("PATCH", options.base, { stream: name, add, remove }, signal);
      if (signal.aborted) return;
      carried = new Set([...carried, ...add].filter((topic) => !remove.includes(topic)));
      ahead = (answer as { id?: string }).id;
      pass();
    } catch (error) {
      if (signal.aborted) return;
      const [topic] = add;
      if (topic === undefined || !isOfTopics(error as ClientError)) {
        // An unknown stream, or a server without changes. What it carries then is what is wanted now.
        stream.reconnect();
      } else if (add.length > 1) good = carried;
      else refuse(topic, error as ClientError);
    } finally {
      changing = false;
      void change();
    }
  }

  return {
    want(topics) {
      wanted = topics;
      if (topics.size === 0) {
        stream.close();
        lost();
        over = false;
        listener.status({ state: "idle", error: undefined });
      } else if (stream.state !== "closed") void change();
      else if (!over) open();
    },
    reconnect() {
      over = false;
      if (stream.state !== "closed") stream.reconnect();
      else if (wanted.size > 0) open();
    },
    close() {
      stream.close();
      lost();
    },
    logout() {},
  };
}

function isOfTopics({ status = 0 }: ClientError): boolean {
  return [400, 401, 403].includes(status);
}
