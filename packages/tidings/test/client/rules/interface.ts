import { expect, expectTypeOf } from "vitest";

import { EventSource } from "../../../src/client/index.ts";
import { connectTo, hear, listenTo, QUICK } from "../heard.ts";
import { open, serve, stream } from "../scripted-server.ts";
import { rule } from "./rule.ts";

/** Rules 1 to 9: the constructor and the attributes. What needs a document is in page.ts. */
// oxlint-disable unicorn/prefer-add-event-listener
export function interfaceRules(): void {
  rule(1, "the URL is made a text and resolved", async () => {
    const { url } = await serve(stream("data: a\n\n"));
    const { source, events } = await hear({ toString: () => `${url}/a/../b` } as unknown as string);
    expect(source.url).toBe(`${url}/b`);
    expect(events).toEqual(["message|a|"]);
    expect(listenTo(new EventSource(new URL(`${url}/c`))).source.url).toBe(`${url}/c`);
  });

  rule(2, "what is no URL throws a SyntaxError at once", () => {
    for (const text of ["http://this is none/", "http://[::1", "relative"]) {
      expect(() => new EventSource(text)).toThrow(DOMException);
      expect(() => new EventSource(text)).toThrow(expect.objectContaining({ name: "SyntaxError", code: 12 }));
    }
  });

  rule(3, "without new it throws a TypeError", () => {
    expect(() => (EventSource as unknown as (url: string) => void)("http://127.0.0.1/")).toThrow(TypeError);
  });

  rule(4, "a URL that is not http ends CLOSED, without throwing", async () => {
    for (const url of ["ftp://x/", "about:blank", "mailto:a@b", "javascript:alert(1)", "file:///etc/hosts"]) {
      const heard = listenTo(new EventSource(url, QUICK));
      expect(heard.source.readyState).toBe(0);
      await heard.closed();
      expect(heard.log).toEqual(["error 2"]);
      expect(heard.errors[0]).toMatchObject({ error: { code: "not-http" }, retryIn: undefined });
    }
  });

  rule(7, "constants, and the attributes at the start", async () => {
    const constants = { CONNECTING: 0, OPEN: 1, CLOSED: 2 };
    const { CONNECTING, OPEN, CLOSED } = EventSource;
    expect({ CONNECTING, OPEN, CLOSED }).toEqual(constants);
    expect(EventSource.prototype).toMatchObject(constants);
    const { url } = await serve(
      (response) => response.writeHead(302, { Location: "/there" }).end(),
      open("data: a\n\n"),
    );
    const { source, log } = connectTo(`${url}/here#part`);
    expect(source).toMatchObject({ readyState: 0, withCredentials: false, url: `${url}/here#part` });
    await expect.poll(() => log).toEqual(["open", "message|a|"]);
    expect(source).toMatchObject({ readyState: 1, url: `${url}/here#part` });
    expectTypeOf<EventSource>().toExtend<globalThis.EventSource>();
  });

  rule(8, "onopen, onmessage and onerror are event handler attributes", async () => {
    const { url } = await serve(stream("data: a\n\n"));
    const source = new EventSource(url, QUICK);
    const calls: string[] = [];
    const { closed } = listenTo(source);
    expect(source).toMatchObject({ onopen: null, onmessage: null, onerror: null });
    source.addEventListener("message", () => calls.push("listener before"));
    const second = function onmessage(this: unknown): void {
      calls.push(this === source ? "the second, with this" : "the second");
    };
    source.onmessage = () => calls.push("the first");
    source.addEventListener("message", () => calls.push("listener behind"));
    source.onmessage = second;
    expect(source.onmessage).toBe(second);
    source.onopen = () => calls.push("open");
    source.onopen = null;
    source.onerror = () => calls.push("error");
    source.onerror = "no function" as unknown as null;
    expect(source).toMatchObject({ onopen: null, onerror: null });
    await closed();
    expect(calls).toEqual(["listener before", "the second, with this", "listener behind"]);
  });

  rule(9, "listeners as of any EventTarget", async () => {
    const { url } = await serve(stream("data: a\n\ndata: b\n\n"));
    const source = new EventSource(url, QUICK);
    const { closed } = listenTo(source);
    const calls: string[] = [];
    const twice = (event: MessageEvent<string>): void => void calls.push(`same ${event.data}`);
    const stop = new AbortController();
    source.addEventListener("message", twice);
    source.addEventListener("message", twice);
    source.addEventListener("message", ({ data }) => calls.push(`once ${data}`), { once: true });
    source.addEventListener("message", { handleEvent: ({ data }) => void calls.push(`object ${data}`) });
    source.addEventListener("message", ({ data }) => calls.push(`capture ${data}`), true);
    source.addEventListener("message", ({ data }) => calls.push(`signal ${data}`), { signal: stop.signal });
    source.addEventListener("message", () => stop.abort());
    await closed();
    const [a, b] = [calls.slice(0, 5).toSorted(), calls.slice(5).toSorted()];
    expect(a).toEqual(["capture a", "object a", "once a", "same a", "signal a"]);
    expect(b).toEqual(["capture b", "object b", "same b"]);
  });
}
