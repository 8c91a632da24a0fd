import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientError } from "../error.ts";
import { createStream } from "../stream/stream.ts";
import type { Asking } from "./asking.ts";
import type { Send, StreamSettings } from "./settings.ts";
import type { Source, SourceListener } from "./source.ts";

/** What a main stream is made of. */
export interface MainStreamOptions {
  readonly base: URL;
  readonly asking: Asking;
  readonly settings: StreamSettings;
  readonly send: Send;
  /** The wall clock. */
  readonly now: () => number;
  /** What to resume after, or empty: asked when it begins. */
  readonly cursor: () => string;
}

/**
 * One stream of all topics. Topics come and go by PATCH, in order; where the server does not know that, by connecting
 * anew after the last cursor.
 */
export function openMainStream(options: MainStreamOptions, listener: SourceListener): Source {
  const { asking } = options;
  let wanted: ReadonlySet<string> = new Set();
  /** What the connection brings. */
  let carried = new Set<string>();
  /** The connection's name, by which it can be changed, once it is known. */
  let name: string | undefined;
  let changing = false;
  /** Some of several topics were refused: they are asked for one by one, to know which. */
  let oneByOne = false;
  /** The server said so. */
  let over = false;
  /** Since its opening frame has come. */
  let connection: AbortController | undefined;

  const asked = asking.of(() => wanted);
  const stream = createStream(
    {
      ...options.settings(),
      ...asked,
      url() {
        carried = new Set(wanted);
        lost();
        listener.status({ state: "connecting", retryAt: undefined });
        return asked.url();
      },
    },
    {
      opened: () => listener.status({ state: "replaying", error: undefined }),
      event,
      settled: () => listener.settled(),
      failed(error, retryIn) {
        lost();
        if (retryIn === undefined && asking.mistook(error)) return stream.open();
        over = retryIn === undefined;
        listener.status({ state: over ? "closed" : "waiting", error, retryAt: retryIn && options.now() + retryIn });
      },
    },
  );

  function open(): void {
    stream.lastEventId = options.cursor();
    stream.open();
  }

  function lost(): void {
    connection?.abort();
    connection = undefined;
    name = undefined;
  }

  function event(came: ParsedEvent): void {
    listener.event(came);
    if (came.event === "tidings:live") listener.status({ state: "live" });
    if (came.event !== "tidings:cursor") return;
    name ??= /"stream":"([^"]+)"/.exec(came.data)?.[1];
    // While a snapshot runs there is no cursor.
    if (connection !== undefined || came.lastEventId === "") return;
    connection = new AbortController();
    void change();
  }

  /** Lets the connection carry what is wanted, and says so. */
  async function change(): Promise<void> {
    if (connection === undefined || changing) return;
    const add = [...wanted].filter((topic) => !carried.has(topic)).slice(0, oneByOne ? 1 : undefined);
    const remove = [...carried].filter((topic) => !wanted.has(topic));
    if (add.length === 0) oneByOne = false;
    if (add.length + (name === undefined ? 0 : remove.length) === 0) return listener.covers([...carried]);
    if (name === undefined) {
      return stream.reconnect();
    }
    const { signal } = connection;
    changing = true;
    try {
      await options.send("PATCH", options.base, { stream: name, add, remove }, signal);
      if (!signal.aborted) carried = new Set([...carried, ...add].filter((topic) => !remove.includes(topic)));
    } catch (error) {
      if (!signal.aborted) refused(error as ClientError, add);
    } finally {
      changing = false;
    }
    return change();
  }

  function refused(error: ClientError, add: readonly string[]): void {
    const { status = 0 } = error;
    if (add.length > 0 && [400, 401, 403].includes(status)) {
      if (add.length > 1) {
        oneByOne = true;
        return;
      }
      wanted = new Set([...wanted].filter((topic) => !add.includes(topic)));
      listener.refused(add, error);
    } else {
      // An unknown stream, or a server without changes. What it carries then is what is wanted now.
      stream.reconnect();
    }
  }

  return {
    want(topics) {
      wanted = topics;
      if (topics.size === 0) {
        stream.close();
        lost();
        over = false;
        listener.status({ state: "idle", error: undefined, retryAt: undefined });
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
