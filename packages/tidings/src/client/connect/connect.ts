import { joinTabs, tabsAreThere } from "../tabs/join-tabs.ts";
import { ClientError } from "../error.ts";
import { systemClock } from "../stream/clock.ts";
import { createAsking } from "./asking.ts";
import { createInbox } from "./inbox.ts";
import { createInterests } from "./interests.ts";
import { createQueue } from "./iterate.ts";
import { debug, reportError } from "./journal.ts";
import { createLateStarts } from "./late-start.ts";
import { openMainStream } from "./main-stream.ts";
import type { ConnectOptions, CursorStore } from "./options.ts";
import { createPublish } from "./publish.ts";
import { createSend, streamSettings } from "./settings.ts";
import { readToLive } from "./short-stream.ts";
import type { Source, SourceListener } from "./source.ts";
import { createStatus } from "./status.ts";
import { attempt, subscriptionFor, type Subscription, type Taker } from "./subscription.ts";
import type { Delivered, Parse, SubscribeOptions, Tidings } from "./tidings.ts";

const LINGER = 1_000;
const BUFFER = 1_024;
/** Of the newest errors. */
const KEPT = 10;

const parseJson: Parse = (text) => JSON.parse(text) as unknown;

/**
 * Many topics on one connection, which all tabs share. Nothing is connected before the first topic is asked for, and the
 * connection is closed when the last one is given up.
 *
 * @throws TypeError for a URL that is not one
 */
export function connect<Events = Record<string, unknown>>(
  url: string | URL,
  options: ConnectOptions = {},
): Tidings<Events> {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  const base = new URL(url, document?.baseURI ?? location?.href);
  const clock = options.clock ?? systemClock(true);
  const note = options.debug === true ? debug : (): void => undefined;
  const asking = createAsking(base);
  const settings = streamSettings(options);
  const send = createSend(options, clock);
  // A leader that pauses would pause all.
  const shares = options.shareTabs !== false && options.pauseWhenHidden !== true && tabsAreThere();

  const errors: ClientError[] = [];
  const subscriptions = new Set<Subscription>();
  const status = createStatus(shares ? "follower" : "alone", report);
  const life = new AbortController();
  let connections = 0;
  let saved = "";
  let loading: Promise<void> | undefined;

  const inbox = createInbox(
    (topics) => interests.takers(topics),
    (notice) => {
      note(notice);
      attempt(() => options.resync?.(notice), report);
      for (const each of subscriptions) {
        each.notice(notice);
        if (each.from !== undefined && each.held === undefined) starts.begin(each);
      }
    },
  );

  const interests = createInterests<Subscription>(options.linger ?? LINGER, clock, (topics) => {
    if (life.signal.aborted) return;
    const { cursorStore } = options;
    loading ??= cursorStore && loadCursor(cursorStore);
    if (loading === undefined) source.want(topics);
    else void loading.then(() => source.want(topics));
  });

  const starts = createLateStarts({
    cursor: () => inbox.cursor,
    breaks: () => inbox.breaks,
    covered: (topics) => interests.covered(topics, () => inbox.cursor),
    read: (topics, start) => readToLive(asking, settings, topics, start, life.signal),
  });

  const open = (listener: SourceListener): Source =>
    openMainStream({ base, asking, settings, send, now: () => clock.now(), cursor: () => inbox.cursor }, listener);
  const listener: SourceListener = {
    event(event) {
      note(event.event, event.topics, event.lastEventId);
      inbox.event(event);
    },
    settled() {
      const { cursor } = inbox;
      if (cursor === saved || status.store.getSnapshot().role === "follower") return;
      saved = cursor;
      attempt(() => options.cursorStore?.save(cursor), report);
    },
    covers(topics) {
      note("topics", topics);
      interests.covers(topics);
    },
    refused(topics, error) {
      remember(error);
      for (const each of subscriptions) {
        if (!each.topics.some((topic) => topics.includes(topic))) continue;
        each.report(error);
        remove(each, error);
      }
      interests.drop(topics);
    },
    status(changes) {
      const { state, error } = changes;
      const before = status.store.getSnapshot();
      if (error !== undefined && error !== before.error) remember(error);
      if (state === "replaying" && before.state !== state) connections++;
      if (state === "connecting") interests.renewed();
      if (state === "idle") inbox.cursor = "";
      if (state !== undefined && state !== before.state) note(state, error);
      status.set(changes);
      if (state === "closed") for (const each of subscriptions) each.close(error);
    },
    moved(cursor) {
      const after = inbox.cursor;
      inbox.cursor = cursor;
      if (after === "") return;
      note("catching up after", after);
      inbox.breaks++;
      starts.catchUp(subscriptions, after);
    },
    loggedOut: () => finish(new ClientError("logged-out", "Another tab ended it")),
  };
  const source = shares
    ? joinTabs(
        { name: `tidings ${base.href} ${options.user ?? ""}`, clock, cursor: () => inbox.cursor, open },
        listener,
      )
    : open(listener);

  /** What no one hears themselves. */
  function report(error: unknown): void {
    remember(error);
    reportError(error);
  }

  function remember(error: unknown): void {
    errors.push(error as ClientError);
    if (errors.length > KEPT) errors.shift();
  }

  async function loadCursor(store: CursorStore): Promise<void> {
    try {
      inbox.cursor = (await store.load()) ?? "";
    } catch (error) {
      report(error);
    }
  }

  function add(taker: Omit<Taker, "parse">): () => void {
    const { signal } = taker.options;
    const parse = taker.options.parse ?? options.parse ?? parseJson;
    const from = taker.options.from ?? options.from;
    const subscription = subscriptionFor({ ...taker, parse, options: { ...taker.options, from } }, report);
    const end = (): void => {
      signal?.removeEventListener("abort", end);
      remove(subscription);
    };
    if (life.signal.aborted || signal?.aborted === true) {
      subscription.close(undefined);
      return end;
    }
    signal?.addEventListener("abort", end);
    subscriptions.add(subscription);
    interests.add(subscription, taker.topics);
    if (from !== undefined) starts.begin(subscription);
    // What the stream still brings of it would end, and then begin anew.
    else if (inbox.cursor !== "" && taker.topics.some(interests.isLeaving))
      starts.catchUp([subscription], inbox.cursor);
    return end;
  }

  function remove(subscription: Subscription, error?: ClientError): void {
    if (subscription.ended) return;
    subscription.ended = true;
    subscription.held = undefined;
    subscriptions.delete(subscription);
    interests.remove(subscription, subscription.topics);
    subscription.close(error);
  }

  function finish(error?: ClientError): void {
    if (life.signal.aborted) return;
    life.abort(error ?? new ClientError("closed", "The client was closed"));
    source.close();
    for (const each of subscriptions) remove(each, error);
    interests.close();
    status.set({ state: "closed", error, retryAt: undefined });
    options.signal?.removeEventListener("abort", close);
  }

  const close = (): void => finish();
  if (options.signal?.aborted === true) finish();
  else options.signal?.addEventListener("abort", close);

  return {
    on: (topic, name, handler, handlerOptions = {}) =>
      add({
        topics: [topic],
        name,
        options: handlerOptions,
        take: (event) => handler(event.data as Events[typeof name], event as Delivered<Events[typeof name]>),
      }),
    onAny: (topic, handler, handlerOptions = {}) => add({ topics: [topic], options: handlerOptions, take: handler }),
    subscribe<Data>(topic: string | readonly string[], { buffer = BUFFER, ...more }: SubscribeOptions<Data> = {}) {
      const queue = createQueue<Delivered<Data>>(buffer, () => end());
      let end = (): void => undefined;
      end = add({
        topics: [topic].flat(),
        options: more,
        take: (event) => queue.push(event as Delivered<Data>),
        close: queue.end,
      });
      return queue.iterator;
    },
    publish: createPublish(send, new URL(options.publishUrl ?? "publish", base), life.signal),
    status: status.store,
    inspect: () => ({
      url: base.href,
      status: status.store.getSnapshot(),
      topics: interests.counts(),
      cursor: inbox.cursor,
      connections,
      ...inbox.counts,
      errors: [...errors],
    }),
    reconnect: () => source.reconnect(),
    close,
    logout() {
      source.logout();
      finish();
    },
    [Symbol.dispose]: close,
  };
}
