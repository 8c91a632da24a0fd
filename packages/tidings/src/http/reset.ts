/** A connection that can be ended at once. */
export interface Resettable {
  destroy(): unknown;
  resetAndDestroy?(): unknown;
}

/**
 * Ends a connection by a TCP reset: the system drops what it holds for it. A socket that was only destroyed leaves that
 * to the system, which keeps trying to deliver it for minutes. Node resets TCP alone; over TLS it has no way to, and the
 * socket is destroyed.
 */
export function reset(connection: Resettable): void {
  try {
    if (connection.resetAndDestroy !== undefined) {
      connection.resetAndDestroy();
      return;
    }
  } catch {
    // ERR_INVALID_HANDLE_TYPE: it is not TCP itself.
  }
  connection.destroy();
}
