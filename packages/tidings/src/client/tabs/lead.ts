import type { ParsedEvent } from "../../wire/parser.ts";
import type { Source, SourceListener } from "../connect/source.ts";
import type { Clock } from "../stream/clock.ts";
import type { News, Place, PlainError, Request } from "./news.ts";

/** What a leader begins with. */
export interface LeadOptions {
  /** Its name, and the name that its tabs share. */
  readonly tab: string;
  readonly name: string;
  readonly clock: Clock;
  readonly term: number;
  /** What it wants itself. */
  readonly own: () => readonly string[];
  /** What the leader before it carried. */
  readonly inherited: readonly string[];
  readonly heartbeat: number;
  readonly cursor: () => string;
  readonly open: (listener: SourceListener) => Source;
  readonly post: (news: News) => void;
}

/** What the tab does that holds the connection of all. */
export interface Leader {
  readonly place: Place;
  /** What all tabs want together. */
  wanted(): readonly string[];
  /** The tab itself wants something else. */
  update(): void;
  /** It goes on from there. */
  takeOver(after: Place | undefined): void;
  hear(request: Request): void;
  reconnect(): void;
  stop(): void;
}

/** How long topics are kept of which no tab has said yet that it wants them, in ms. */
const INHERITED = 5_000;

/** Opens the connection, and tells all tabs what comes. */
export function lead(options: LeadOptions, listener: SourceListener): Leader {
  const { tab, name, term, clock, post } = options;
  const life = new AbortController();
  const wants = new Map<string, Extract<Request, { kind: "want" }>>();
  let { inherited, heartbeat } = options;
  let count = 0;
  let pending: ParsedEvent[] = [];
  let covers: readonly string[] = [];
  let answers: News["answers"] = {};
  let status: News["status"] = { state: "connecting", error: undefined, retryAt: undefined };
  let cancelBeat: (() => void) | undefined;

  const wanted = (): string[] => [
    ...new Set([...options.own(), ...inherited, ...[...wants.values()].flatMap(({ topics }) => topics)]),
  ];

  const main = options.open({
    ...listener,
    event(event) {
      heartbeat = Number(
        /"heartbeat":(\d+)/.exec(event.event === "tidings:cursor" ? event.data : "")?.[1] ?? heartbeat,
      );
      pending.push(event);
      listener.event(event);
    },
    settled() {
      tell();
      listener.settled();
    },
    covers(topics) {
      covers = topics;
      answers = Object.fromEntries([...wants.values()].map((want) => [want.tab, want.request]));
      listener.covers(topics);
      tell();
    },
    refused(topics, error) {
      listener.refused(topics, error);
      tell({ refused: { topics, error: plain(error) } });
    },
    status(changes) {
      const { error, ...others } = { ...status, ...changes };
      status = { ...others, error: error && plain(error) };
      listener.status(changes);
      tell();
    },
  });

  function tell(more?: Partial<News>): void {
    const events = pending;
    pending = [];
    if (events.length > 0) count++;
    cancelBeat?.();
    if (life.signal.aborted) return;
    cancelBeat = clock.after(heartbeat, tell);
    // No one else is there, as far as is known.
    if (wants.size + inherited.length === 0 && more?.takesOver !== true) return;
    const cursor = options.cursor();
    post({
      kind: "news",
      leader: tab,
      term,
      count,
      events,
      cursor,
      covers,
      answers,
      wanted: wanted(),
      status,
      heartbeat,
      ...more,
    });
  }

  function update(): void {
    main.want(new Set(wanted()));
  }

  const cancelInherited = clock.after(INHERITED, () => {
    inherited = [];
    update();
  });

  return {
    get place() {
      return { leader: tab, term, count };
    },
    wanted,
    update,
    takeOver(after) {
      tell({ takesOver: true, after });
      update();
    },
    hear(request) {
      if (request.kind === "reconnect") return main.reconnect();
      const known = wants.has(request.tab);
      wants.set(request.tab, request);
      if (!known) {
        // Granted when the tab is gone.
        const gone = (): void => {
          wants.delete(request.tab);
          update();
        };
        navigator.locks.request(`${name} ${request.tab}`, { signal: life.signal }, gone).catch(() => undefined);
      }
      tell();
      update();
    },
    reconnect: () => main.reconnect(),
    stop() {
      life.abort();
      cancelBeat?.();
      cancelInherited();
      main.close();
    },
  };
}

function plain({ code, message, status }: PlainError): PlainError {
  return { code, message, status };
}
