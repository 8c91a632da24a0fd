import { randomKey } from "../connect/publish.ts";
import type { Source, SourceListener } from "../connect/source.ts";
import type { Status } from "../connect/tidings.ts";
import { ClientError } from "../error.ts";
import type { Clock } from "../stream/clock.ts";
import { lead, type Leader } from "./lead.ts";
import { hold, type Message, type News, type Place, type Request } from "./news.ts";

/** How a tab joins the others. */
export interface TabsOptions {
  /** The same in all tabs that share, and in no others. */
  readonly name: string;
  readonly clock: Clock;
  /** Where this tab is. */
  readonly at: { readonly cursor: string };
  /** How it is with this tab. */
  readonly status: () => Status;
  /** Opens the connection, in the tab that leads. */
  readonly open: (listener: SourceListener) => Source;
}

/** Until a hub announces one, in ms. */
const HEARTBEAT = 15_000;
/** So many may be missed before a leader is taken for suspended. */
const HEARTBEATS = 2.5;

/** Whether tabs can share a connection: this is a page, of an origin that is one. */
export function tabsAreThere(): boolean {
  const scope = globalThis as Partial<typeof globalThis>;
  return (
    // Who has locks has BroadcastChannel. In a DOM for tests they may be null.
    scope.document !== undefined && Boolean(scope.navigator?.locks) && scope.origin !== "null"
  );
}

/**
 * One connection for all tabs. The tab that holds the lock is the leader: it has the connection, and tells the others
 * what comes. When it is gone the lock is the next one's, which goes on where it is itself.
 */
export function joinTabs(options: TabsOptions, listener: SourceListener): Source {
  const { name, clock } = options;
  const tab = randomKey();
  const life = new AbortController();
  let channel: BroadcastChannel | undefined;
  /** Ends when this tab leaves the others. */
  let stay: AbortController | undefined;
  /** Withdraws the request for the leader's lock. */
  let candidacy = new AbortController();

  let own: readonly string[] = [];
  let request = "";
  /** At first nowhere: no one goes on from there. */
  let place: Place = { leader: tab, term: 0, count: 0 };
  let wanted: readonly string[] = [];
  let heartbeat = HEARTBEAT;
  /** Why the leader has no connection. */
  let trouble: ClientError | undefined;
  let cancelWatch: (() => void) | undefined;
  let leader: Leader | undefined;
  let release: () => void;

  function arrive(): void {
    try {
      channel = new BroadcastChannel(name);
    } catch {
      return alone();
    }
    channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.kind === "logout") listener.loggedOut();
      else if (data.kind !== "news") leader?.hear(data);
      // Who wants nothing yet begins when it does.
      else if (stay !== undefined) hear(data);
    });
    say();
  }

  function join(): void {
    const { signal } = (stay = new AbortController());
    // Held as long as the tab lives: the leader waits for it, and so learns when the tab is gone.
    void hold(`${name} ${tab}`, { signal }, () => {
      say();
      stand();
      watch();
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    }).then(() => {
      // The page may not have locks: it stays by itself.
      if (!signal.aborted) alone();
    });
  }

  function alone(): void {
    channel?.close();
    channel = undefined;
    void take();
  }

  function leave(): void {
    candidacy.abort();
    stay?.abort();
    stay = undefined;
    step();
    cancelWatch?.();
    channel?.close();
    channel = undefined;
  }

  function post(message: Message): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    channel?.postMessage(message);
  }

  /** Says what this tab wants to whom it concerns. */
  function say(): void {
    if (leader !== undefined) leader.update();
    else if (stay !== undefined) post({ kind: "want", tab, topics: own, request: (request = randomKey()) });
    // Not while the page is away.
    else if (own.length > 0 && channel !== undefined) join();
  }

  /** Waits for the lock, or steals it. */
  function stand(steal = false): void {
    candidacy.abort();
    const { signal } = (candidacy = new AbortController());
    void hold(name, steal ? { steal } : { signal }, () => (signal.aborted ? undefined : take())).then(() => {
      if (signal.aborted) return;
      step();
      watch();
      stand();
    });
  }

  /** Leads from now on. */
  function take(): Promise<void> {
    cancelWatch?.();
    return new Promise((resolve) => {
      release = resolve;
      const after = place;
      const mine = (place = { leader: tab, term: after.term + 1, count: 0 });
      leader = lead({ ...options, after, own: () => own, inherited: wanted, heartbeat, post }, mine, listener);
      listener.status({ role: channel === undefined ? "alone" : "leader", state: "connecting" });
      say();
    });
  }

  /** Does not lead any more. */
  function step(): void {
    if (leader === undefined) return;
    wanted = leader.wanted();
    leader.stop();
    leader = undefined;
    listener.status({ role: "follower" });
    release();
  }

  function hear(news: News): void {
    const { leader: teller, term, count } = news.place;
    const { after } = news;
    const following = leader === undefined && place.leader === teller;
    // From one that does not know yet that it was replaced.
    if (!following && term <= place.term && after === undefined) return;
    step();
    const goesOn = following
      ? count <= place.count + 1
      : after !== undefined &&
        after.leader === place.leader &&
        after.count <= place.count &&
        // It may not have heard of what was asked for last.
        own.every((topic) => news.wanted.includes(topic));
    const isNext = following && count > place.count;
    ({ place, wanted, heartbeat } = news);
    watch();
    const { error } = news.status;
    if (trouble?.message !== error?.message) trouble = error && new ClientError(error.code, error.message, error);
    if (!goesOn) listener.moved(news.cursor);
    listener.status({ ...news.status, error: trouble, role: "follower" });
    if (goesOn && isNext) {
      for (const event of news.events) listener.event(event);
      listener.settled();
    }
    if (!following) say();
    else if (news.answers.includes(request)) listener.covers(news.covers, news.alone);
    const { refused } = news;
    const topics = own.filter((topic) => refused?.topics.includes(topic));
    if (refused !== undefined && topics.length > 0)
      listener.refused(topics, new ClientError(refused.error.code, refused.error.message, refused.error));
  }

  /** Replaces a leader that is silent: a suspended one keeps its lock. Not all at once, and who was told nothing yet last. */
  function watch(wait = heartbeat * (HEARTBEATS + Math.random() / 2) * (place.term > 0 ? 1 : 2), again = true): void {
    cancelWatch?.();
    if (stay === undefined) return;
    const due = clock.now() + wait;
    cancelWatch = clock.after(wait, () => {
      // Late: it may have been this tab that slept, and what it was told meanwhile is yet to come.
      if (again && clock.now() - due > heartbeat / 2) watch(heartbeat, false);
      else stand(true);
    });
  }

  addEventListener("pagehide", leave, life);
  addEventListener("pageshow", ({ persisted }) => persisted && arrive(), life);
  arrive();

  return {
    want(topics) {
      own = [...topics];
      say();
    },
    reconnect() {
      const asked: Request = { kind: "reconnect" };
      if (leader === undefined) post(asked);
      else leader.hear(asked);
    },
    close() {
      life.abort();
      leave();
    },
    logout: () => post({ kind: "logout" }),
  };
}
