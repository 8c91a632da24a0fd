import { computed, type ComputedRef, shallowRef } from "vue";

import type { Status, Tidings } from "../client/connect/tidings.ts";
import { IDLE } from "../client/shared/client-source.ts";
import { type SourceOptions, useSource } from "./source.ts";
import { whileMounted } from "./while-mounted.ts";

/** How the connection is, and what can be done with it. */
export interface UseConnectionReturn {
  readonly state: ComputedRef<Status["state"]>;
  readonly error: ComputedRef<Status["error"]>;
  readonly retryAt: ComputedRef<Status["retryAt"]>;
  readonly role: ComputedRef<Status["role"]>;
  readonly publish: Tidings["publish"];
  readonly reconnect: () => void;
  /** Ends the client for good, in all tabs of its user. */
  readonly logout: () => void;
}

/** The state of the connection, for a light in the corner; what can be done with it, for handlers. Opens nothing. */
export function useConnection(options: SourceOptions = {}): UseConnectionReturn {
  const source = useSource(options);
  const status = shallowRef(IDLE);
  whileMounted([], () => {
    const end = source.subscribe(() => (status.value = source.getSnapshot()));
    status.value = source.getSnapshot();
    return end;
  });
  return {
    state: computed(() => status.value.state),
    error: computed(() => status.value.error),
    retryAt: computed(() => status.value.retryAt),
    role: computed(() => status.value.role),
    publish: source.publish,
    reconnect: source.reconnect,
    logout: source.logout,
  };
}
