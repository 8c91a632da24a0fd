import { randomKey } from "../connect/publish.ts";
import type { Source, SourceListener } from "../connect/source.ts";
import { ClientError } from "../error.ts";
import type { Clock } from "../stream/clock.ts";
import { lead, type Leader } from "./lead.ts";
import type { Message, News, Place, PlainError } from "./news.ts";

/** How a tab joins the others. */
export interface TabsOptions {
  /** The same in all tabs that share, and in no others. */
  readonly name: string;
  readonly clock: Clock;
  /** Where this tab is. */
  readonly cursor: () => string;
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
    scope.document !== undefined &&
    scope.BroadcastChannel !== undefined &&
    // In a DOM for tests it may be null.
    Boolean(scope.navigator?.locks) &&
    scope.origin !== "null"
  );
}

/**
 * One connection for all tabs. The tab that holds the lock is the leader: it has the connection, and tells the others
 * what comes. When it is gone the lock is the next one's, which goes on where it is itself.
 */
export function joinTabs(options: TabsOptions, listener: SourceListener): Source {
  const { name, clock } = options;
  const { locks } = navigator;
  const tab = randomKey();
  const life = new AbortController();
  let channel: BroadcastChannel | undefined;
  /** Ends when this tab leaves the others. */
  let stay: AbortController | undefined;
  /** The request for the leader's lock that counts, and what withdraws it. */
  let attempt = 0;
  let candidacy = new AbortController();

  let own: readonly string[] = [];
  let requests = 0;
  let place: Place | undefined;
  let wanted: readonly string[] = [];
  let heartbeat = HEARTBEAT;
  /** Why the leader has no connection. */
  let trouble: ClientError | undefined;
  let heardAt = 0;
  let cancelWatch: (() => void) | undefined;
  let leader: Leader | undefined;
  let release = (): void => undefined;

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  const post = (message: Message): void => channel?.postMessage(message);
  const request = (lock: string, how: LockOptions, held: () => Promise<void>): Promise<void> =>
    // Withdrawn, or stolen.
    locks.request(lock, how, held).catch(() => undefined);

  function arrive(): void {
    channel = new BroadcastChannel(name);
    channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.kind === "logout") listener.loggedOut();
      else if (data.kind !== "news") leader?.hear(data);
      // Who wants nothing yet begins when it does.
      else if (stay !== undefined) hear(data);
    });
    if (own.length > 0) join();
  }

  function join(): void {
    if (stay !== undefined) return;
    const { signal } = (stay = new AbortController());
    // Held as long as the tab lives: the leader waits for it, and so learns when the tab is gone.
    void request(`${name} ${tab}`, { signal }, () => {
      say();
      stand({});
      heardAt = clock.now();
      watch();
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    });
  }

  function leave(): void {
    attempt++;
    candidacy.abort();
    stay?.abort();
    stay = undefined;
    step();
    cancelWatch?.();
    channel?.close();
  }

  function say(): void {
    post({ kind: "want", tab, topics: own, request: ++requests });
  }

  /** Waits for the lock, or steals it. */
  function stand(how: LockOptions): void {
    const mine = ++attempt;
    candidacy.abort();
    candidacy = new AbortController();
    const held = (): Promise<void> => (mine === attempt ? take() : Promise.resolve());
    void request(name, how.steal === true ? how : { signal: candidacy.signal }, held).then(() => {
      if (mine !== attempt) return;
      step();
      heardAt = clock.now();
      watch();
      stand({});
    });
  }

  /** Leads from now on. */
  function take(): Promise<void> {
    cancelWatch?.();
    listener.status({ role: "leader" });
    leader = lead(
      { ...options, tab, term: (place?.term ?? 0) + 1, own: () => own, inherited: wanted, heartbeat, post },
      listener,
    );
    leader.takeOver(place);
    return new Promise((resolve) => (release = resolve));
  }

  /** Does not lead any more. */
  function step(): void {
    if (leader === undefined) return;
    ({ place } = leader);
    wanted = leader.wanted();
    leader.stop();
    leader = undefined;
    listener.status({ role: "follower" });
    release();
  }

  function hear(news: News): void {
    const at = leader?.place ?? place;
    const following = leader === undefined && at?.leader === news.leader;
    // From one that does not know yet that it was replaced.
    if (!following && at !== undefined && news.term <= at.term && news.takesOver !== true) return;
    step();
    const goesOn = following
      ? news.count <= (place?.count ?? 0) + 1
      : place !== undefined && news.after?.leader === place.leader && news.after.count <= place.count;
    const isNext = following && news.count > (place?.count ?? 0);
    place = { leader: news.leader, term: news.term, count: news.count };
    ({ wanted } = news);
    heardAt = clock.now();
    if (heartbeat !== news.heartbeat) {
      ({ heartbeat } = news);
      watch();
    }
    const { error } = news.status;
    if (trouble?.message !== error?.message) trouble = revived(error);
    listener.status({ ...news.status, error: trouble, role: "follower" });
    if (!goesOn) listener.moved(news.cursor);
    else if (isNext) {
      for (const event of news.events) listener.event(event);
      listener.settled();
    }
    if (!following) say();
    else if (news.answers[tab] === requests) listener.covers(news.covers);
    const refused = news.refused?.topics.filter((topic) => own.includes(topic)) ?? [];
    const why = revived(news.refused?.error);
    if (refused.length > 0 && why !== undefined) listener.refused(refused, why);
  }

  /** Replaces a leader that is silent: a suspended one keeps its lock. */
  function watch(wait?: number): void {
    cancelWatch?.();
    // Not all at once.
    const patience = heartbeat * (HEARTBEATS + Math.random() / 2);
    const due = wait === undefined ? heardAt + patience : clock.now() + wait;
    cancelWatch = clock.after(Math.max(0, due - clock.now()), () => {
      if (clock.now() - heardAt < patience) watch();
      // Late: it may have been this tab that slept, and what it was told meanwhile is yet to come.
      else if (wait === undefined && clock.now() - due > heartbeat / 2) watch(heartbeat);
      else stand({ steal: true });
    });
  }

  const page = { signal: life.signal };
  addEventListener("pagehide", leave, page);
  addEventListener("pageshow", ({ persisted }) => persisted && arrive(), page);
  arrive();

  return {
    want(topics) {
      own = [...topics];
      if (leader !== undefined) leader.update();
      else if (stay !== undefined) say();
      else if (own.length > 0) join();
    },
    reconnect() {
      if (leader === undefined) post({ kind: "reconnect" });
      else leader.reconnect();
    },
    close() {
      life.abort();
      leave();
    },
    logout: () => post({ kind: "logout" }),
  };
}

function revived(error: PlainError | undefined): ClientError | undefined {
  return error && new ClientError(error.code, error.message, { status: error.status });
}
