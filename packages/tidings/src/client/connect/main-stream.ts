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
  /** Some of several topics were refused: they are asked for one by one, to know which. */
  let oneByOne = false;
  /** The server said so. */
  let over = false;
  /** Since its opening frame has come. */
  let connection: AbortController | undefined;

  const asked = options.asking.of(() => wanted);
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
        return asked.url();
      },
    },
    {
      opened: () => listener.status({ state: "replaying", error: undefined }),
      event,
      settled: () => listener.settled(),
      failed(error, retryIn) {
        lost();
        if (retryIn === undefined && asked.mistook(error)) return stream.open();
        over = retryIn === undefined;
        listener.status({
          state: over ? "closed" : "waiting",
          error,
          retryAt: retryIn === undefined ? undefined : options.clock.now() + retryIn,
        });
      },
    },
  );

  function open(): void {
    stream.lastEventId = options.at.cursor;
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
    name ??= hubSays(came, "stream");
    // While a snapshot runs there is no cursor.
    if (connection !== undefined || came.event !== "tidings:cursor" || came.lastEventId === "") return;
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
    if (name === undefined) return stream.reconnect();
    const { signal } = connection;
    changing = true;
    try {
      await options.send("PATCH", options.base, { stream: name, add, remove }, signal);
      if (!signal.aborted) carried = new Set([...carried, ...add].filter((topic) => !remove.includes(topic)));
    } catch (error) {
      const { status = 0 } = error as ClientError;
      if (signal.aborted) return;
      if (add.length === 0 || ![400, 401, 403].includes(status)) {
        // An unknown stream, or a server without changes. What it carries then is what is wanted now.
        stream.reconnect();
      } else if (add.length > 1) oneByOne = true;
      else {
        for (const topic of add) wanted.delete(topic);
        listener.refused(add, error as ClientError);
      }
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
