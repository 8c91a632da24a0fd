/** A connection that can be ended at once. */
export interface Resettable {
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
  readonly writableLength?: number;
  destroy(): unknown;
  resetAndDestroy?(): unknown;
  prependOnceListener?(event: "finish", listener: () => void): unknown;
}

/**
 * Ends a connection by a TCP reset: the system drops what it holds for it. A socket that was only destroyed leaves that
 * to the system, which keeps trying to deliver it for minutes. Node resets TCP alone; over TLS it has no way to, and the
 * socket is destroyed.
 */
export function reset(connection: Resettable): void {
  if (isShuttingDown(connection)) {
    // A reset would fail now, and Node would never close the socket: not even the process could end.
    connection.prependOnceListener?.("finish", () => resetNow(connection));
  } else {
    resetNow(connection);
  }
}

/** Whether it was ended and everything written, and the system is yet to say that it heard. */
function isShuttingDown({ writableEnded, writableFinished, writableLength }: Resettable): boolean {
  return writableEnded === true && writableFinished === false && writableLength === 0;
}

function resetNow(connection: Resettable): void {
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
