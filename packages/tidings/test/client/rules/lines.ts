import { expect } from "vitest";

import { EventSource } from "../../../src/client/index.ts";
import { connectTo, hear, hearChunks, listenTo } from "../heard.ts";
import { open, serve, stream } from "../scripted-server.ts";
import { rule } from "./rule.ts";

const bytes = (text: string): Uint8Array[] => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));

/** Rules 17 to 23: bytes to lines. */
export function lineRules(): void {
  rule(17, "UTF-8, also in single bytes; what is none becomes U+FFFD", async () => {
    expect(await hearChunks(bytes("id: ñ\ndata: é漢😀\n\n"))).toEqual(["message|é漢😀|ñ"]);
    const broken = Buffer.concat([Buffer.from("data: "), Buffer.from("c328ff", "hex"), Buffer.from("\n\n")]);
    expect(await hearChunks([broken])).toEqual(["message|\u{fffd}(\u{fffd}|"]);
    const { url } = await serve(stream(broken));
    expect((await hear(url)).events).toEqual(["message|\u{fffd}(\u{fffd}|"]);
  });

  rule(18, "exactly one byte order mark is taken off, also in pieces", async () => {
    expect(await hearChunks(["\u{feff}data: a\n\n"])).toEqual(["message|a|"]);
    expect(await hearChunks(bytes("\u{feff}data: a\n\n"))).toEqual(["message|a|"]);
    expect(await hearChunks(["\u{feff}\u{feff}data: a\n\ndata: b\n\n"])).toEqual(["message|b|"]);
    // Of each connection.
    const { url } = await serve(stream("\u{feff}data: a\n\n"), stream("\u{feff}data: b\n\n"));
    expect((await hear(url)).events).toEqual(["message|a|", "message|b|"]);
  });

  rule(19, "later it is text", async () => {
    expect(await hearChunks(["data: \u{feff}a\n\n\u{feff}data: b\n\n"])).toEqual(["message|\u{feff}a|"]);
  });

  rule(20, "lines end with CRLF, LF or CR, mixed", async () => {
    expect(await hearChunks(["data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\rdata: e\n\n"])).toEqual([
      "message|a\nb\nc|",
      "message|d|",
      "message|e|",
    ]);
  });

  rule(21, "a CR at the end of a chunk ends its line now, and an LF in the next chunk is part of it", async () => {
    const encoder = new TextEncoder();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const { log } = listenTo(EventSource.fromReadableStream(readable));
    await writer.write(encoder.encode("data: a\r\r"));
    await expect.poll(() => log).toEqual(["open", "message|a|"]);
    await writer.write(encoder.encode("\ndata: b\r"));
    await writer.write(encoder.encode("\ndata: c\r"));
    await writer.write(encoder.encode("\n\r"));
    await expect.poll(() => log).toEqual(["open", "message|a|", "message|b\nc|"]);
  });

  rule(22, "an empty chunk changes nothing", async () => {
    expect(await hearChunks(["", "\u{feff}", "", "data: a\r", "", "\ndata: b\r", "", "\r", "", "\n"])).toEqual([
      "message|a\nb|",
    ]);
  });

  rule(
    23,
    "a line may be long",
    async () => {
      const long = "x".repeat(2 ** 20);
      expect(await hearChunks([`data: ${long}`, long, "\n\n"])).toEqual([`message|${long}${long}|`]);
      const { url, requests, write } = await serve(open("data: a\n\n"), stream("data: c\n\n"));
      const { log, errors, closed } = connectTo(url, [], { maxEventBytes: 1_000 });
      await expect.poll(() => log).toEqual(["open", "message|a|"]);
      write(`data: ${"y".repeat(2_000)}`);
      await closed();
      expect(log).toEqual(["open", "message|a|", "error 2"]);
      expect(errors[0]).toMatchObject({ error: { code: "event-too-large" }, retryIn: undefined });
      expect(requests.length).toBe(1);
    },
    { but: "beyond 16 MiB, or maxEventBytes, the stream is closed" },
  );
}
