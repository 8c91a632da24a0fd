import { type Socket, connect } from "node:net";

import { onTestFinished } from "vitest";

/** A bare TCP connection to a server, and the text that came over it. It is ended when the test is over. */
export interface RawConnection {
  readonly received: string;
  /** Resolves when the connection has ended, however it did, with all that came. */
  readonly ended: Promise<string>;
  send(text: string): void;
  /** Resolves when what came has a match; rejects if the connection ends without one. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  close(): void;
}

/** Connects to a port of this machine. */
export function connectRaw(port: number): RawConnection {
  const socket: Socket = connect({ port, host: "127.0.0.1" });
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  let received = "";
  let over = false;
  socket.setEncoding("utf8").on("data", (text: string) => {
    received += text;
    wake();
  });
  // A reset is one of the ways to end a connection.
  socket.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    socket.on("close", () => {
      over = true;
      wake();
      resolve(received);
    });
  });
  onTestFinished(() => void socket.destroy());

  return {
    get received() {
      return received;
    },
    ended,
    send(text) {
      socket.write(text);
    },
    until(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(received);
          if (match === null && !over) return;
          waiting.delete(look);
          if (match !== null) resolve(match);
          else reject(new Error(`The connection ended without ${pattern}:\n${received}`));
        };
        waiting.add(look);
        look();
      });
    },
    close() {
      socket.destroy();
    },
  };
}

/** Opens an event stream on a connection of its own and waits for its opening frame. */
export async function openStream(port: number, query = ""): Promise<RawConnection> {
  const connection = connectRaw(port);
  connection.send(`GET /events${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await connection.until(/event: tidings:live\n/);
  return connection;
}
