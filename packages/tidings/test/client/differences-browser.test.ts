import type { IncomingMessage, ServerResponse } from "node:http";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { listen } from "../http/node-server.ts";
import { bundledClient, OURS } from "./bundle.ts";

type Who = "ours" | "native";

/**
 * In what our class differs from the native one of Chromium 156, as docs/client.md lists it. A test that fails here may
 * mean that a browser was mended.
 */
describe("our EventSource differs from the native one of Chromium in that", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser("chromium");
  }, 60_000);
  afterAll(() => browser?.close());

  /** Runs a function in a page with each class, against a server; answers what each made of it, and all requests. */
  async function both<Result>(
    handle: (request: IncomingMessage, response: ServerResponse, count: number) => void,
    look: (Class: typeof EventSource, url: string) => Promise<Result>,
  ): Promise<{ ours: Result; native: Result; asked: Record<Who, string[]> }> {
    const client = await bundledClient();
    const asked: Record<Who, string[]> = { ours: [], native: [] };
    const { url } = await listen((request, response) => {
      const [, who = "", ...rest] = (request.url ?? "").split("/");
      if (who === "ours" || who === "native") {
        response.setHeader("Access-Control-Allow-Origin", "*");
        response.setHeader("Access-Control-Allow-Headers", "last-event-id");
        if (request.method === "OPTIONS") {
          asked[who].push("OPTIONS");
          response.writeHead(204).end();
        } else handle(request, response, asked[who].push(`/${rest.join("/")}`));
      } else if (who === "client.js") response.setHeader("Content-Type", "text/javascript").end(client);
      else response.setHeader("Content-Type", "text/html").end(`<!doctype html>${OURS}`);
    });
    const run = async (who: Who): Promise<Result> => {
      const page = await browser.newPage();
      onTestFinished(() => page.close());
      await page.goto(url);
      const script = `(${look.toString()})(${who === "ours" ? "Ours" : "EventSource"}, ${JSON.stringify(`${url}/${who}`)})`;
      return (await page.evaluate(script)) as Result;
    };
    const [ours, native] = await Promise.all([run("ours"), run("native")]);
    return { ours, native, asked };
  }

  const stream = (response: ServerResponse, text: string, type = "text/event-stream"): ServerResponse => {
    response.writeHead(200, { "Content-Type": type });
    response.write(text);
    return response;
  };
  /** How a source ended up: the state at its first error, or the first event. */
  const first = (Class: typeof EventSource, url: string): Promise<unknown> =>
    new Promise((resolve) => {
      const source = new Class(`${url}/a`);
      source.addEventListener("message", ({ data }) => {
        resolve(data);
        source.close();
      });
      source.addEventListener("error", () => {
        resolve(source.readyState);
        source.close();
      });
    });

  test("it comes back to its own URL after a redirect", async () => {
    const { asked } = await both(
      (request, response, count) => {
        if (count > 3) response.writeHead(204).end();
        else if (request.url?.endsWith("/a") === true) response.writeHead(302, { Location: "b" }).end();
        else stream(response, "retry: 300\n\n").end();
      },
      (Class, url) =>
        new Promise((resolve) => {
          const source = new Class(`${url}/a`);
          source.addEventListener("error", () => source.readyState === 2 && resolve(0));
        }),
    );
    expect(asked).toEqual({ ours: ["/a", "/b", "/a", "/b"], native: ["/a", "/b", "/b", "/b"] });
  });

  test("another origin is asked for leave before each request with a Last-Event-ID", async () => {
    const { asked } = await both(
      (_, response, count) => {
        if (count > 1) response.writeHead(204).end();
        else stream(response, "retry: 300\nid: 1\n\n").end();
      },
      (Class, url) =>
        new Promise((resolve) => {
          const source = new Class(`${url}/a`.replace("127.0.0.1", "localhost"));
          source.addEventListener("error", () => source.readyState === 2 && resolve(0));
        }),
    );
    expect(asked).toEqual({ ours: ["/a", "OPTIONS", "/a"], native: ["/a", "/a"] });
  });

  test("an empty retry: changes nothing", async () => {
    const { ours, native } = await both(
      (_, response) => stream(response, "retry: 300\nretry\n\n").end(),
      (Class, url) =>
        new Promise<string>((resolve) => {
          const source = new Class(`${url}/a`);
          let opened = 0;
          source.addEventListener("open", () => {
            if (++opened === 2) resolve("comes back");
          });
          setTimeout(() => resolve("waits longer"), 2_000);
        }),
    );
    expect([ours, native]).toEqual(["comes back", "waits longer"]);
  });

  test("it is UTF-8 whatever the charset says", async () => {
    const { ours, native } = await both(
      (_, response) => stream(response, "data: é\n\n", "text/event-stream; charset=windows-1252"),
      first,
    );
    expect([ours, native]).toEqual(["é", 2]);
  });

  test("events that came together are handed on without microtasks between them", async () => {
    const { ours, native } = await both(
      (_, response) => stream(response, "data: a\n\ndata: b\n\n"),
      (Class, url) =>
        new Promise<string>((resolve) => {
          const source = new Class(`${url}/a`);
          let order = "";
          source.addEventListener("message", ({ data }) => {
            order += data as string;
            queueMicrotask(() => {
              order += "-";
              if (order.length === 4) resolve(order);
            });
          });
        }),
    );
    expect([ours, native]).toEqual(["ab--", "a-b-"]);
  });

  test("a URL with a user and a password is tried again", async () => {
    const { ours, native } = await both(
      (request, response) => stream(response, `data: ${request.headers.authorization}\n\n`),
      (Class, url) =>
        new Promise((resolve) => {
          const source = new Class(`${url}/a`.replace("://", "://user:pass@"));
          source.addEventListener("message", ({ data }) => {
            resolve(data);
            source.close();
          });
          source.addEventListener("error", () => {
            resolve(source.readyState);
            source.close();
          });
        }),
    );
    expect([ours, native]).toEqual([0, 2]);
  });

  test("data: and blob: are no streams, but for a fetch of one's own", async () => {
    const look = async (Class: typeof EventSource): Promise<unknown[]> => {
      const blob = URL.createObjectURL(new Blob(["data: a\n\n"], { type: "text/event-stream" }));
      return await Promise.all(
        [blob, "data:text/event-stream,data: a%0a%0a"].map(
          (url) =>
            new Promise((resolve) => {
              const source = new Class(url);
              source.addEventListener("message", ({ data }) => {
                resolve(data);
                source.close();
              });
              source.addEventListener("error", () => {
                resolve(source.readyState);
                source.close();
              });
            }),
        ),
      );
    };
    const { ours, native } = await both(() => undefined, look);
    expect([ours, native]).toEqual([
      [2, 2],
      ["a", "a"],
    ]);
  });

  test("what window.stop() stops is tried again", async () => {
    const { ours, native } = await both(
      (_, response) => stream(response, "data: a\n\n"),
      (Class, url) =>
        new Promise((resolve) => {
          const source = new Class(`${url}/a`);
          source.addEventListener("message", () => {
            setTimeout(() => resolve(source.readyState), 500);
            window.stop();
          });
        }),
    );
    expect([ours, native]).toEqual([0, 2]);
  });

  test("without an argument it reads the URL undefined", async () => {
    const { ours, native } = await both(
      (_, response) => response.writeHead(204).end(),
      (Class) => {
        try {
          return Promise.resolve(new (Class as unknown as new () => EventSource)().url.replace(/.*\//, ""));
        } catch (error) {
          return Promise.resolve((error as Error).name);
        }
      },
    );
    expect([ours, native]).toEqual(["undefined", "TypeError"]);
  });
});
