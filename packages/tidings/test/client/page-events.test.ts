import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { EventSource } from "../../src/client/index.ts";
import { createStream, type Stream, type StreamOptions } from "../../src/client/stream/stream.ts";
import { HandClock } from "./hand-clock.ts";
import { listenTo } from "./heard.ts";
import { type Answer, open, serve } from "./scripted-server.ts";

// Node has no page: what a browser tells is told by hand. Real pages are in page-events-browser.test.ts.
const scope = globalThis as Record<string, unknown>;

let window: EventTarget;
let document: { hidden?: boolean };

beforeEach(() => {
  window = new EventTarget();
  document = {};
  scope["addEventListener"] = window.addEventListener.bind(window);
  scope["document"] = document;
});
afterEach(() => {
  delete scope["addEventListener"];
  delete scope["document"];
});

function tell(target: EventTarget, type: string): void {
  target.dispatchEvent(new Event(type));
}

function show(visible: boolean): void {
  Object.assign(document, { hidden: !visible });
  // As it comes up from the document.
  tell(window, "visibilitychange");
}

const opening: Answer = open('id: 1\nevent: tidings:cursor\nretry: 100\ndata: {"heartbeat":1000}\n\n');

async function openStream(
  options: Partial<StreamOptions> = {},
  first: Answer = opening,
): Promise<{ stream: Stream; clock: HandClock; waits: (number | undefined)[]; codes: string[]; asked: () => number }> {
  const { url, requests } = await serve(first, ...Array.from({ length: 9 }, () => opening));
  const clock = new HandClock();
  const waits: (number | undefined)[] = [];
  const codes: string[] = [];
  const stream = createStream(
    { url: () => url, clock, random: () => 0, ...options },
    {
      opened: () => undefined,
      event: () => undefined,
      failed: (error, retryIn) => {
        codes.push(error.code);
        waits.push(retryIn);
      },
    },
  );
  onTestFinished(() => stream.close());
  stream.open();
  return { stream, clock, waits, codes, asked: () => requests.length };
}

/** The opening frame has come. */
async function live(stream: Stream): Promise<void> {
  await expect.poll(() => [stream.state, stream.lastEventId]).toEqual(["open", "1"]);
}

describe("a stream in a page", () => {
  test("drops the connection when the network goes, and comes back at once when it is back", async () => {
    const { stream, clock, waits, codes, asked } = await openStream();
    await live(stream);
    tell(window, "offline");
    expect([stream.state, codes, waits]).toEqual(["waiting", ["offline"], [250]]);
    tell(window, "offline");
    expect(codes).toEqual(["offline"]);
    tell(window, "online");
    expect([stream.state, clock.waiting]).toEqual(["connecting", 1]);
    await live(stream);
    expect(asked()).toBe(2);
  });

  test.for(["visibilitychange", "pageshow", "online"])(
    "notices at %s that it slept for too long, by the wall clock",
    async (type) => {
      const { stream, clock, codes } = await openStream();
      await live(stream);
      const wake = (): void => {
        if (type === "visibilitychange") show(true);
        else tell(window, type);
      };
      clock.sleep(2_000);
      wake();
      expect(stream.state).toBe("open");
      clock.sleep(500);
      wake();
      expect([stream.state, codes]).toEqual(["waiting", ["silent"]]);
      // Being back is no reason to come sooner; the network's being back is.
      if (type !== "online") {
        clock.sleep(200);
        wake();
        expect(stream.state).toBe("waiting");
      }
      // What it waits for has passed in its sleep, too.
      clock.sleep(250);
      wake();
      expect(stream.state).toBe("connecting");
    },
  );

  test("goes on in a hidden page, unless asked to pause", async () => {
    const { stream } = await openStream();
    await live(stream);
    show(false);
    expect(stream.state).toBe("open");

    const pausing = await openStream({ pauseWhenHidden: true });
    await expect.poll(() => pausing.codes).toEqual(["paused"]);
    expect([pausing.stream.state, pausing.waits, pausing.clock.waiting]).toEqual(["waiting", [Infinity], 0]);
    tell(window, "online");
    expect([pausing.stream.state, pausing.asked()]).toEqual(["waiting", 0]);
    show(true);
    await live(pausing.stream);
    show(false);
    expect(pausing.stream.state).toBe("waiting");
    show(true);
    await live(pausing.stream);
    expect(pausing.asked()).toBe(2);
  });

  test("drops the connection when the page is left, and connects when it is back", async () => {
    const { stream, codes } = await openStream();
    await live(stream);
    tell(window, "pagehide");
    expect([stream.state, codes]).toEqual(["waiting", ["paused"]]);
    // What else a page tells on its way out.
    show(false);
    expect(stream.state).toBe("waiting");
    tell(window, "pageshow");
    expect(stream.state).toBe("connecting");
    await live(stream);
  });

  test.for(["online", "pageshow"])("comes at %s no sooner than Retry-After asked for", async (type) => {
    const refusal: Answer = (response) => void response.writeHead(503, { "Retry-After": "60" }).end();
    const { stream, clock, waits } = await openStream({ retry: { retryable: () => true } }, refusal);
    await expect.poll(() => waits).toEqual([60_000]);
    clock.turn(20_000);
    if (type === "pageshow") tell(window, "pagehide");
    clock.turn(20_000);
    tell(window, type);
    clock.turn(19_999);
    expect(stream.state).toBe("waiting");
    clock.turn(1);
    await live(stream);
  });

  test("goes on without a network where losing the connection would be its end: bytes may come from elsewhere", async () => {
    const { stream, codes } = await openStream({ retry: { retryable: () => false } });
    await live(stream);
    tell(window, "offline");
    expect([stream.state, codes]).toEqual(["open", []]);

    let give: ReadableStreamDefaultController<Uint8Array> | undefined;
    const heard = listenTo(
      EventSource.fromReadableStream(new ReadableStream({ start: (controller) => void (give = controller) })),
    );
    await expect.poll(() => heard.source.readyState).toBe(1);
    tell(window, "offline");
    give?.enqueue(Buffer.from("data: a\n\n"));
    await expect.poll(() => heard.events).toEqual(["message|a|"]);
  });

  test("hears nothing any more once it is closed", async () => {
    const { stream, clock, codes } = await openStream();
    await live(stream);
    stream.close();
    for (const type of ["offline", "online", "pagehide", "pageshow"]) tell(window, type);
    show(true);
    expect([stream.state, codes, clock.waiting]).toEqual(["closed", [], 0]);
  });
});
