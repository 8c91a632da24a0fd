import { connect, type Socket } from "node:net";
import { StreamReader } from "./stream-reader.ts";
import type { Tally } from "./tally.ts";

const headEnd = "\r\n\r\n";

// One buffer for all connections: it is read to its end within the callback, and a million events a second would
// otherwise leave hundreds of megabytes a second to the garbage collector.
const buffer = Buffer.allocUnsafe(262_144);

/** A stream that the load generator holds open. */
export interface Connection {
  readonly reader: StreamReader;
  /** Closes it; it does not count as closed early. */
  close(): void;
}

/**
 * Opens one stream over a socket of its own, by hand: an HTTP client would cost more than the server that is measured.
 * Resolves when the head has come, and rejects if that is not the head of an event stream.
 */
export function openConnection(index: number, port: number, path: string, tally: Tally): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const reader = new StreamReader(index, tally);
    let head: string | undefined = "";
    let closing = false;
    const connection: Connection = {
      reader,
      close: () => {
        closing = true;
        socket.destroy();
      },
    };
    const read = (length: number): true => {
      tally.bytes += length;
      if (head === undefined) {
        reader.read(buffer, 0, length);
        return true;
      }
      const before = head.length;
      head += buffer.toString("latin1", 0, length);
      const end = head.indexOf(headEnd);
      if (end === -1) return true;
      const text = head.slice(0, end);
      head = undefined;
      if (isEventStream(text)) resolve(connection);
      else reject(new Error(`Not an event stream:\n${text}`));
      reader.read(buffer, end + headEnd.length - before, length);
      return true;
    };
    const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback: read } });
    socket.on("connect", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`);
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (!closing) tally.closedEarly++;
      reject(new Error("The connection was closed before its head came."));
    });
  });
}

function isEventStream(head: string): boolean {
  return head.startsWith("HTTP/1.1 200 ") && /\r\ncontent-type: *text\/event-stream/i.test(head);
}
