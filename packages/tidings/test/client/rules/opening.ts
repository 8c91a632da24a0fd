import { expect } from "vitest";

import { EventSource } from "../../../src/client/index.ts";
import { connectTo, hear, listenTo, QUICK } from "../heard.ts";
import { type Answer, open, plain, serve, stream } from "../scripted-server.ts";
import { rule } from "./rule.ts";

/** Rules 5, 6 and 10 to 16: the request and the head of its answer. What needs a browser is in page.ts. */
export function openingRules(): void {
  rule(6, "GET with exactly Accept: text/event-stream, past all caches", async () => {
    const { url, requests } = await serve(stream("data: a\n\n"));
    await hear(url);
    expect(requests[0]).toMatchObject({
      method: "GET",
      headers: { accept: "text/event-stream", "cache-control": "no-cache" },
    });
    expect(requests[0]?.headers).not.toHaveProperty("last-event-id");
    expect(requests[0]?.headers).not.toHaveProperty("content-length");
  });

  rule(10, "an aborted request is the end", async () => {
    const { url, requests } = await serve(open("data: a\n\n"), open());
    const ours = connectTo(url);
    await expect.poll(() => ours.log).toEqual(["open", "message|a|"]);
    ours.source.close();
    expect(ours.source.readyState).toBe(2);
    const elsewhere = new AbortController();
    const fetchOnce: typeof fetch = (input, init) => fetch(input, { ...init, signal: elsewhere.signal });
    const theirs = connectTo(url, [], { fetch: fetchOnce });
    await expect.poll(() => theirs.log).toEqual(["open"]);
    elsewhere.abort();
    await theirs.closed();
    expect(theirs.log).toEqual(["open", "error 2"]);
    expect(ours.log).toEqual(["open", "message|a|"]);
    expect(requests.length).toBe(2);
  });

  rule(11, "another network error is not the end", async () => {
    const { url } = await serve((response) => response.socket?.destroy(), stream("data: a\n\n"));
    const { log, errors } = await hear(url);
    expect(log).toEqual(["error 0", "open", "message|a|", "error 0", "error 2"]);
    expect(errors[0]).toMatchObject({ error: { code: "network" } });
  });

  rule(12, "a status other than 200 is the end", async () => {
    for (const status of [204, 205, 210, 299, 400, 401, 404, 410, 429, 500, 503]) {
      const { url, requests } = await serve(plain(status, "text/event-stream"), stream("data: a\n\n"));
      const { log, errors } = await hear(url);
      expect(log, String(status)).toEqual(["error 2"]);
      expect(errors[0]).toMatchObject({ error: { status }, retryIn: undefined });
      expect(requests.length).toBe(1);
    }
  });

  rule(13, "the essence of the type must be text/event-stream", async () => {
    const good = ["text/event-stream", "Text/Event-Stream", "text/event-stream;", "text/event-stream ; charset=utf-8"];
    for (const type of good) {
      const { url } = await serve(plain(200, type));
      expect((await hear(url)).events, type).toEqual(["message|x|"]);
    }
    const bad = ["text/x-bogus", "text/event-streamx", "text/event", "text/html", "application/json", undefined];
    for (const type of bad) {
      const { url } = await serve(plain(200, type), stream("data: a\n\n"));
      expect((await hear(url)).log, type).toEqual(["error 2"]);
    }
  });

  rule(14, "it is UTF-8, whatever the charset says", async () => {
    const { url } = await serve(plain(200, "text/event-stream; charset=windows-1252", "data: ok…é\n\n"));
    expect((await hear(url)).events).toEqual(["message|ok…é|"]);
  });

  rule(15, "redirects are followed in silence, and one to nowhere is an error", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { url, requests } = await serve(
        (response) => response.writeHead(status, { Location: "/there" }).end(),
        stream("data: a\n\n"),
      );
      expect((await hear(`${url}/here`)).log, String(status)).toEqual(["open", "message|a|", "error 0", "error 2"]);
      // It goes back to where it was sent first.
      expect(requests.map(({ url: path }) => path)).toEqual(["/here", "/there", "/here"]);
    }
    const nowhere: Answer = (response) => response.writeHead(302).end();
    const { url, requests } = await serve(nowhere, stream("data: a\n\n"));
    expect((await hear(url)).log).toEqual(["error 2"]);
    expect(requests.length).toBe(1);
  });

  rule(16, "a plain open event, in the state OPEN", async () => {
    const { url } = await serve(open());
    const source = new EventSource(url, QUICK);
    listenTo(source);
    const event = await new Promise<Event>((resolve) => source.addEventListener("open", resolve, { once: true }));
    expect(source.readyState).toBe(1);
    expect(event).toMatchObject({ type: "open", bubbles: false, cancelable: false });
    expect("data" in event).toBe(false);
    const closing = new EventSource(`${url}/never`, QUICK);
    const heard = listenTo(closing);
    closing.close();
    expect((await hear(url)).log).toEqual(["error 2"]);
    expect(heard.log).toEqual([]);
  });
}
