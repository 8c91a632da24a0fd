import { toArrival, type Arrival, type Manner } from "./arrival.ts";

/** What the line is. `cut` and `disconnected` are the user's doing, `connecting` is also a line that broke. */
export type State = "connecting" | "replaying" | "live" | "cut" | "disconnected";

/** What the hub confesses: it no longer has a range, or its history is another one. */
type Confession = "gap" | "reset";

/** Whom the connection tells. */
export interface Listener {
  state(state: State): void;
  arrival(arrival: Arrival): void;
  /** A frame of the hub itself. It is no event: it has no part in the counting. */
  control(arrival: Arrival): void;
  confession(confession: Confession, arrival: Arrival): void;
  /** The server answered with something that is no stream. The page tries again by itself. */
  refused(): void;
}

/** The one connection of the page. */
export interface Connection {
  readonly state: State;
  connect(): void;
  disconnect(): void;
  /** Closes the connection, and opens it again after so many ms. */
  cut(ms: number): void;
}

/** The events that this page listens for: `EventSource` passes an event with a name only to who asked for the name. */
const NAMES = ["metric", "feed", "notification", "chat", "operation", "line", "message"];
/** How many of each topic a new page gets to begin with: the metrics of the last minute. */
const BEGIN_WITH = 60;
/** A native EventSource gives up for ever on any answer but a stream. Then the page opens another one, after so many ms. */
const TRY_AGAIN = 3_000;

/** A connection to `/events?topic=demo/**`, closed as yet. */
export function createConnection(listener: Listener): Connection {
  let state: State = "disconnected";
  let source: EventSource | undefined;
  let timer: number | undefined;
  /** The last event id: what the next connection resumes from. */
  let lastEventId = "";
  let manner: Manner = "before";

  function become(next: State): void {
    state = next;
    listener.state(next);
  }

  function connect(): void {
    drop();
    become("connecting");
    const query = new URLSearchParams({ topic: "demo/**", from: `last:${BEGIN_WITH}` });
    if (lastEventId !== "") query.set("lastEventId", lastEventId);
    const opened = new EventSource(`/events?${query}`);
    source = opened;
    opened.addEventListener("open", () => {
      manner = lastEventId === "" ? "before" : "replayed";
      become("replaying");
    });
    opened.addEventListener("error", () => {
      // CONNECTING: the line broke, and the browser comes back by itself, with its last event id.
      become("connecting");
      if (opened.readyState !== EventSource.CLOSED) return;
      drop();
      listener.refused();
      timer = setTimeout(connect, TRY_AGAIN);
    });
    for (const name of NAMES) {
      opened.addEventListener(name, (message: MessageEvent<string>) => {
        moveOn(message);
        listener.arrival(toArrival(message, manner));
      });
    }
    for (const name of ["cursor", "live", "gap", "reset"]) {
      opened.addEventListener(`tidings:${name}`, (message: MessageEvent<string>) => control(name, message));
    }
  }

  /** What comes before the first position, or before a new one after a confession, is no replay of what was missed. */
  function moveOn(message: MessageEvent): void {
    if (message.lastEventId === lastEventId) return;
    lastEventId = message.lastEventId;
    if (manner === "before") manner = "replayed";
  }

  function control(name: string, message: MessageEvent<string>): void {
    moveOn(message);
    const arrival = toArrival(message, manner);
    if (name === "gap" || name === "reset") {
      manner = "before";
      listener.confession(name, arrival);
    } else if (name === "live") {
      manner = "live";
      become("live");
    }
    listener.control(arrival);
  }

  function drop(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  }

  return {
    get state() {
      return state;
    },
    connect,
    disconnect() {
      drop();
      become("disconnected");
    },
    cut(ms) {
      drop();
      become("cut");
      timer = setTimeout(connect, ms);
    },
  };
}
