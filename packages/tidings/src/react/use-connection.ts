import { useMemo, useSyncExternalStore } from "react";

import type { Status, Tidings } from "../client/connect/tidings.ts";
import { IDLE } from "../client/shared/client-source.ts";
import { useSource } from "./context.ts";

/** How the connection is, and what can be done with it. The functions stay the same. */
export interface Connection extends Status {
  readonly publish: Tidings["publish"];
  readonly reconnect: () => void;
  /** Ends the client for good, in all tabs of its user. */
  readonly logout: () => void;
}

/** The state of the connection, for a light in the corner; what can be done with it, for handlers. Opens nothing. */
export function useConnection(): Connection {
  const source = useSource();
  const status = useSyncExternalStore(source.subscribe, source.getSnapshot, idle);
  const { publish, reconnect, logout } = source;
  return useMemo(() => ({ ...status, publish, reconnect, logout }), [status, publish, reconnect, logout]);
}

function idle(): Status {
  return IDLE;
}
