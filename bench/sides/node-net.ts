import { createServer, type Socket } from "node:net";
import type { NodeServer } from "./node-server.ts";

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/** A bare socket and no HTTP: the least that a connection costs in Node. Only its memory is measured. */
export function createNodeNet(): NodeServer {
  let accepted = 0;
  // One function for all: a closure each would be weighed with the socket.
  function answer(this: Socket): void {
    this.write(head);
    accepted++;
  }
  function close(this: Socket): void {
    this.destroy();
  }
  const server = createServer((socket) => {
    socket.once("data", answer);
    socket.on("error", close);
  });
  return { server, subscribers: () => accepted };
}
