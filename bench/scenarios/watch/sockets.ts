import { readFileSync } from "node:fs";

/** The TCP sockets at a server's port. */
export interface Sockets {
  /** That are connected. */
  readonly connected: number;
  /** What the kernel holds for those who have not acknowledged it, in bytes: the sum of `tx_queue`. */
  readonly unacknowledged: number;
}

/** Looks at the server's side of every connection to a port of this machine. */
export function socketsAt(port: number): Sockets {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let connected = 0;
  let unacknowledged = 0;
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(file, "latin1").split("\n")) {
      // number: local address, remote address, state, tx_queue:rx_queue …
      const [, local, , state, queues] = line.trim().split(/ +/, 5);
      if (local?.endsWith(hex) !== true || state === "0A") continue;
      if (state === "01") connected++;
      unacknowledged += Number.parseInt(queues ?? "0", 16);
    }
  }
  return { connected, unacknowledged };
}
