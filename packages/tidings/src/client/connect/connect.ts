import { joinTabs, tabsAreThere } from "../tabs/join-tabs.ts";
import { ClientError } from "../error.ts";
import { absolute, asClientError } from "../stream/request.ts";
import { systemClock } from "../stream/clock.ts";
import { createAsking } from "./asking.ts";
import { createInbox } from "./inbox.ts";
import { createInterests } from "./interests.ts";
import { createQueue } from "./iterate.ts";
import { debug, reportError } from "./journal.ts";
import { createLateStarts } from "./late-start.ts";
import { openMainStream } from "./main-stream.ts";
import type { ConnectOptions } from "./options.ts";
import { createPublish } from "./publish.ts";
import { createSend, streamSettings } from "./settings.ts";
import { readToLive } from "./short-stream.ts";
import type { Source, SourceListener } from "./source.ts";
import { remember } from "./remember.ts";
import { createStatus } from "./status.ts";
import { attempt, subscriptionFor, type Subscription } from "./subscription.ts";
import type { Delivered, SubscribeOptions, Tidings, TopicOptions } from "./tidings.ts";

const LINGER = 1_000;
const BUFFER = 1_024;
/** Of the newest errors. */
const KEPT = 10;

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
  const base = absolute(url);
  const clock = options.clock ?? systemClock(true);
  const note = options.debug === true ? debug : (): void => undefined;
  const life = new AbortController();
  const settings = streamSettings(options, life.signal);
  const asking = createAsking(base, settings);
  const send = createSend(options, clock);
  // A leader that pauses would pause all.
  const shares = options.shareTabs !== false && options.pauseWhenHidden !== true && tabsAreThere();

  const errors = new Set<unknown>();
  const subscriptions = new Set<Subscription>();
  const status = createStatus(shares ? "follower" : "alone", report);
  let connections = 0;
  let saved = "";
  let loading: Promise<void> | undefined;

  const inbox = createInbox(
    (topics) => interests.takers(topics),
    (notice, whom = subscriptions) => {
      note(notice);
      attempt(() => options.resync?.(notice), report);
      // Whoever asks for something when told of it begins after it.
      for (const each of Array.from(whom)) {
        if (each.ended) continue;
        each.notice(notice);
        if (each.from !== undefined) begin(each);
      }
    },
  );

  const interests = createInterests<Subscription>(options.linger ?? LINGER, clock, (topics) => {
    loading ??= loadCursor();
    void loading.then(() => {
      if (!life.signal.aborted) source.want(topics);
    });
  });

  const begin = createLateStarts(inbox, interests, clock, (...what) => readToLive(asking, ...what));

  const open = (listener: SourceListener): Source => openMainStream({ base, asking, send, clock, at: inbox }, listener);
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
    covers(topics, alone) {
      note("topics", topics);
      interests.covers(topics, alone);
    },
    refused(topics, error) {
      remember(errors, error, KEPT);
      const theirs = [...subscriptions].filter((each) => each.topics.some((topic) => topics.includes(topic)));
      for (const each of theirs) remove(each, error);
      interests.drop(topics);
      // They may ask again.
      for (const each of theirs) each.report(error);
    },
    status(changes) {
      const { state, error } = changes;
      const before = status.store.getSnapshot().state;
      if (error !== undefined) remember(errors, error, KEPT);
      if (state !== undefined && state !== before) note(state, error);
      if (state === "replaying" && state !== before) connections++;
      if (state === "waiting" || state === "connecting") interests.renewed();
      if (state === "idle") inbox.cursor = "";
      status.set(changes);
      if (state === "closed") for (const each of Array.from(subscriptions)) each.close(error);
    },
    moved(cursor) {
      const after = inbox.cursor;
      inbox.cursor = cursor;
      inbox.breaks++;
      // What was on the stream before is not until that is said anew.
      interests.renewed();
      if (after === "") return;
      note("catching up after", after);
      for (const each of subscriptions) begin(each, after);
    },
    loggedOut: () => finish(new ClientError("logged-out")),
  };
  const source = shares
    ? joinTabs(
        {
          name: `tidings ${base.href} ${options.user ?? ""}`,
          clock,
          at: inbox,
          status: status.store.getSnapshot,
          open,
        },
        listener,
      )
    : open(listener);

  /** What no one hears themselves. The same error is kept once. */
  function report(error: unknown): void {
    remember(errors, asClientError(error, "handler-failed"), KEPT);
    reportError(error);
  }

  async function loadCursor(): Promise<void> {
    try {
      const cursor = await options.cursorStore?.load();
      inbox.cursor = cursor ?? inbox.cursor;
    } catch (error) {
      report(error);
    }
  }

  function add(
    topics: readonly string[],
    asked: TopicOptions,
    take: (event: Delivered) => void,
    name?: string,
    told?: Subscription["close"],
  ): () => void {
    const { signal } = asked;
    const from = asked.from ?? options.from;
    const parse = asked.parse ?? options.parse;
    const subscription = subscriptionFor(topics, { ...asked, from, parse }, take, report, name, told);
    const end = (): void => remove(subscription);
    const { state, error } = status.store.getSnapshot();
    const isOver = state === "closed";
    // An iterator would wait for ever; a handler hears if it is begun again.
    if (life.signal.aborted || signal?.aborted === true || (isOver && told !== undefined)) {
      subscription.close(isOver ? error : undefined);
      return end;
    }
    if (isOver && error !== undefined) subscription.report(error);
    subscription.forget = () => signal?.removeEventListener("abort", end);
    signal?.addEventListener("abort", end);
    subscriptions.add(subscription);
    interests.add(subscription, topics);
    if (from !== undefined) begin(subscription);
    // What the stream still brings of it would end, and then begin anew.
    else if (inbox.cursor !== "" && topics.some(interests.isLeaving)) begin(subscription, inbox.cursor);
    return end;
  }

  function remove(subscription: Subscription, error?: ClientError): void {
    if (subscription.ended) return;
    subscription.ended = true;
    subscription.forget();
    subscription.held = undefined;
    subscriptions.delete(subscription);
    interests.remove(subscription, subscription.topics);
    subscription.close(error);
  }

  function finish(error?: ClientError): void {
    if (life.signal.aborted) return;
    life.abort(error ?? new ClientError("closed"));
    source.close();
    for (const each of subscriptions) remove(each, error);
    interests.close();
    status.set({ state: "closed", error });
  }

  const close = (): void => finish();
  if (options.signal?.aborted === true) finish();
  else options.signal?.addEventListener("abort", close, life);

  return {
    on: (topic, name, handler, asked = {}) =>
      add(
        [topic],
        asked,
        (event) => handler(event.data as Events[typeof name], event as Delivered<Events[typeof name]>),
        name,
      ),
    onAny: <Data>(topic: string, handler: (event: Delivered<Data>) => void, asked: TopicOptions<Data> = {}) =>
      add([topic], asked, handler as (event: Delivered) => void),
    subscribe<Data>(topic: string | readonly string[], { buffer = BUFFER, ...more }: SubscribeOptions<Data> = {}) {
      const queue = createQueue<Delivered<Data>>(buffer, () => end());
      let end = (): void => undefined;
      end = add([topic].flat(), more, (event) => queue.push(event as Delivered<Data>), undefined, queue.end);
      return queue.iterator;
    },
    publish: createPublish(send, new URL(options.publishUrl ?? "publish", base), life.signal),
    status: status.store,
    inspect: () => ({
      // Neither its query nor a password: it may hold a secret.
      url: base.origin + base.pathname,
      status: status.store.getSnapshot(),
      topics: interests.counts(),
      cursor: inbox.cursor,
      connections,
      ...inbox.counts,
      errors: [...errors] as ClientError[],
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
