import { connect } from "../connect/connect.ts";
import { systemClock } from "../stream/clock.ts";
import type { ConnectOptions } from "../connect/options.ts";
import type { Status, Tidings } from "../connect/tidings.ts";

/**
 * Where the bindings get their client from: made when it is first needed, which is in an effect or a handler, and never in
 * a render or on the server.
 */
export interface ClientSource {
  /** The client, which is held from now on. */
  client(): Tidings;
  /** Lets go of it. The last one out closes it, if it was made here. */
  release(): void;
  /** As `Tidings.status`; idle as long as there is no client. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Status;
  readonly publish: Tidings["publish"];
  readonly reconnect: () => void;
  readonly logout: () => void;
}

/** What a binding says before there is a client, and always on the server. */
export const IDLE: Status = Object.freeze({ state: "idle", error: undefined, retryAt: undefined, role: "alone" });

/**
 * How long a client outlives the last one that held it, in ms: React's strict mode, a module that is replaced by a newer
 * one and a change of routes let go and take hold again, and then it must be the same connection.
 */
const LINGER = 1_000;

interface Shared {
  readonly client: Tidings;
  holders: number;
  /** Takes back that it is closed soon. */
  stay: () => void;
}

const shared = new Map<string, Shared>();

/** A client, whatever its events: which there are is known to types alone, of `on` alone. */
export type AnyTidings = Omit<Tidings, "on">;

/** A client that somebody else made, and will close. */
export function givenClient(client: AnyTidings): ClientSource {
  const get = (): Tidings => client as Tidings;
  return sourceOf(get, get, get, () => undefined);
}

/**
 * A client for a URL: one for all in this page who ask for the same URL and user. Its options are those of whoever came
 * first.
 */
export function sharedClient(url: string, options?: ConnectOptions): ClientSource {
  const key = `${options?.user ?? ""} ${url}`;
  let held: Shared | undefined;
  function hold(): Tidings {
    if (held === undefined) {
      held = shared.get(key);
      if (held === undefined || isClosed(held.client)) {
        held = { client: connect(url, options), holders: 0, stay: () => undefined };
        shared.set(key, held);
      }
      held.holders += 1;
      held.stay();
    }
    return held.client;
  }

  function release(): void {
    const entry = held;
    held = undefined;
    if (entry === undefined) return;
    entry.holders -= 1;
    if (entry.holders > 0) return;
    entry.stay = (options?.clock ?? systemClock(false)).after(LINGER, () => {
      if (shared.get(key) === entry) shared.delete(key);
      entry.client.close();
    });
  }

  /** Who says goodbye when all has let go does not take hold again: it has as long as the client lingers. */
  function borrow(): Tidings {
    if (held !== undefined) return held.client;
    const client = hold();
    release();
    return client;
  }

  // Its own: after a log-out there may be another one by now.
  return sourceOf(hold, borrow, () => (held ?? shared.get(key))?.client, release);
}

/** After a log-out, or for good by the server: whoever comes next begins anew. */
function isClosed({ status }: Tidings): boolean {
  return status.getSnapshot().state === "closed";
}

function sourceOf(
  client: () => Tidings,
  borrow: () => Tidings,
  present: () => Tidings | undefined,
  release: () => void,
): ClientSource {
  return {
    client,
    release,
    subscribe: (listener) => client().status.subscribe(listener),
    getSnapshot: () => present()?.status.getSnapshot() ?? IDLE,
    publish: (topic, publication, options) => borrow().publish(topic, publication, options),
    reconnect: () => borrow().reconnect(),
    logout: () => borrow().logout(),
  };
}
