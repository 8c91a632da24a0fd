import type { ParsedEvent } from "../../wire/parser.ts";
import type { SourceListener } from "../connect/source.ts";
import type { ClientError } from "../error.ts";
import { hubSays } from "../connect/hub-says.ts";
import type { TabsOptions } from "./join-tabs.ts";
import { hold, type News, type Place, type PlainError, type Request } from "./news.ts";

/** What a leader begins with. */
export interface LeadOptions extends TabsOptions {
  /** Where it was before. */
  readonly after: Place;
  /** What it wants itself. */
  readonly own: () => readonly string[];
  /** What the leader before it carried. */
  readonly inherited: readonly string[];
  readonly heartbeat: number;
  readonly post: (news: News) => void;
}

/** What the tab does that holds the connection of all. */
export interface Leader {
  /** What all tabs want together. */
  wanted(): readonly string[];
  /** Something else is wanted. */
  update(): void;
  hear(request: Request): void;
  stop(): void;
}

/** How long topics are kept of which no tab has said yet that it wants them, in ms. */
const INHERITED = 5_000;

/**
 * Opens the connection, and tells all tabs what comes.
 *
 * @param place where the tab is now: its count goes on with what is told
 */
export function lead(
  options: LeadOptions,
  place: { -readonly [Key in keyof Place]: Place[Key] },
  listener: SourceListener,
): Leader {
  const { name, clock } = options;
  const life = new AbortController();
  const wants = new Map<string, Extract<Request, { kind: "want" }>>();
  let { inherited, heartbeat } = options;
  let events: ParsedEvent[] = [];
  let covers: readonly string[] = [];
  let answers: readonly string[] = [];
  let cancelBeat: (() => void) | undefined;

  const wanted = (): string[] => [
    ...new Set([...options.own(), ...inherited, ...[...wants.values()].flatMap(({ topics }) => topics)]),
  ];

  const main = options.open({
    ...listener,
    event(event) {
      heartbeat = Number(hubSays(event, "heartbeat")) || heartbeat;
      events.push(event);
      listener.event(event);
    },
    settled() {
      tell();
      listener.settled();
    },
    covers(topics, alone) {
      covers = topics;
      answers = [...wants.values()].map(({ request }) => request);
      listener.covers(topics, alone);
      tell({ alone });
    },
    refused(topics, error) {
      listener.refused(topics, error);
      tell({ refused: { topics, error: plain(error) } });
    },
    status(changes) {
      // Until the next connection covers them.
      if (changes.state === "waiting" || changes.state === "connecting") answers = [];
      listener.status(changes);
      tell();
    },
  });

  function tell(more?: Partial<News>): void {
    const status = options.status();
    const { error } = status;
    if (events.length > 0) place.count++;
    cancelBeat?.();
    if (life.signal.aborted) return;
    cancelBeat = clock.after(heartbeat, tell);
    // Otherwise no one else is there, as far as is known.
    if (wants.size + inherited.length > 0 || more?.after !== undefined) {
      options.post({
        kind: "news",
        place,
        events,
        cursor: options.at.cursor,
        covers,
        answers,
        wanted: wanted(),
        status: { ...status, error: error && plain(error) },
        heartbeat,
        ...more,
      });
    }
    events = [];
  }

  function update(): void {
    main.want(new Set(wanted()));
  }

  const cancelInherited = clock.after(INHERITED, () => {
    inherited = [];
    update();
  });

  tell({ after: options.after });

  return {
    wanted,
    update,
    hear(request) {
      if (request.kind === "reconnect") return main.reconnect();
      const { tab } = request;
      const known = wants.has(tab);
      wants.set(tab, request);
      if (!known) {
        // Granted when the tab is gone.
        void hold(`${name} ${tab}`, life, () => {
          wants.delete(tab);
          update();
        });
      }
      tell();
      update();
    },
    stop() {
      life.abort();
      cancelBeat?.();
      cancelInherited();
      main.close();
    },
  };
}

function plain({ code, message, status, problem }: ClientError): PlainError {
  return { code, message, status, problem };
}
