// @vitest-environment happy-dom
import { act, Activity, type ReactElement, type ReactNode, StrictMode, useEffect, useState } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

import type { Delivered, Tidings } from "../../src/client/connect/tidings.ts";
import {
  type Connection,
  TidingsProvider,
  useConnection,
  useEvent,
  useReducedTopic,
  useTopic,
} from "../../src/react/index.ts";
import { createTestSource, type TestSource } from "../../src/testing/index.ts";
import { render } from "./render.ts";

let source: TestSource;
let client: Tidings;
beforeEach(() => {
  source = createTestSource();
  client = source.connect();
  onTestFinished(async () => {
    client.close();
    // What is shared by its URL is closed a second after the last component is gone.
    await source.advance(5_000);
  });
});

function within(node: ReactNode): ReactElement {
  return <TidingsProvider client={client}>{node}</TidingsProvider>;
}

/** What happens, with the renders that follow. */
async function happens(what: () => Promise<unknown>): Promise<void> {
  await act(async () => void (await what()));
}

/** Streams that were opened for good: not the short ones that bring a late handler its past. */
function streamsOpened(): number {
  return source.requests.filter(({ method, url }) => method !== "PATCH" && /events(?!.*from=)/.test(url)).length;
}

function Count({ topic }: { readonly topic: string | null }): number {
  return useReducedTopic(topic, (count: number) => count + 1, 0);
}

describe("useTopic", () => {
  function Price({ topic, from }: { readonly topic: string; readonly from?: "last:1" }): string {
    const event = useTopic<{ price: number }>(topic, from === undefined ? {} : { from });
    return event === undefined ? "none" : `${event.data.price} ${event.event}`;
  }

  test("is undefined until an event comes, and then the newest", async () => {
    const screen = await render(within(<Price topic="acme" />));
    await happens(source.settled);
    expect(screen.text).toBe("none");
    await happens(() => source.emit("acme", "tick", { price: 1 }));
    await happens(() => source.emit("acme", "tick", { price: 2 }));
    expect(screen.text).toBe("2 tick");
  });

  test("brings what was there before, if it is asked to", async () => {
    await source.emit("acme", "tick", { price: 7 });
    const screen = await render(within(<Price topic="acme" from="last:1" />));
    await happens(source.settled);
    expect(screen.text).toBe("7 tick");
  });

  test("follows its topic, on the same connection, and forgets what the old one said", async () => {
    const screen = await render(within(<Price topic="acme" />));
    await happens(() => source.emit("acme", "tick", { price: 1 }));
    await screen.render(within(<Price topic="other" />));
    await happens(source.settled);
    expect(screen.text).toBe("none");
    await happens(() => source.emit("acme", "tick", { price: 2 }));
    expect(screen.text).toBe("none");
    await happens(() => source.emit("other", "tick", { price: 3 }));
    expect(screen.text).toBe("3 tick");
    expect(source.connections).toBe(1);
    expect(streamsOpened()).toBe(1);
  });
});

describe("useReducedTopic", () => {
  test("reduces every event of a burst, once, however few renders there are", async () => {
    let renders = 0;
    function Sum(): string {
      renders += 1;
      return useReducedTopic("n", (sum: readonly number[], { data }: Delivered<number>) => [...sum, data], []).join();
    }
    const screen = await render(<StrictMode>{within(<Sum />)}</StrictMode>);
    await happens(source.settled);
    const before = renders;
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    await happens(() => Promise.all(numbers.map((n) => source.emit("n", "number", n))));
    expect(screen.text).toBe(numbers.join());
    expect(renders - before).toBeLessThan(50);
  });

  test("takes the reducer of the newest render, without hearing the topic anew", async () => {
    function Total({ factor }: { readonly factor: number }): number {
      return useReducedTopic("n", (sum: number, { data }: Delivered<number>) => sum + factor * data, 0);
    }
    const screen = await render(within(<Total factor={1} />));
    await happens(() => source.emit("n", "number", 1));
    const requests = source.requests.length;
    await screen.render(within(<Total factor={10} />));
    await happens(() => source.emit("n", "number", 1));
    expect(screen.text).toBe("11");
    expect(source.requests.length).toBe(requests);
  });

  test("hears one kind of event alone, if it is asked to", async () => {
    function Ayes(): number {
      return useReducedTopic("a", (count: number) => count + 1, 0, { event: "yes" });
    }
    const screen = await render(within(<Ayes />));
    await happens(() => source.emit("a", "no", 1));
    await happens(() => source.emit("a", "yes", 1));
    expect(screen.text).toBe("1");
  });

  test("begins anew after a reset, and goes on over a cut", async () => {
    const notices: string[] = [];
    function Counted(): number {
      const resync = ({ kind }: { kind: string }): void => void notices.push(kind);
      return useReducedTopic("a", (count: number) => count + 1, 0, { resync });
    }
    const screen = await render(within(<Counted />));
    await happens(() => source.emit("a", "one", 1));
    await happens(source.drop);
    await happens(() => source.emit("a", "missed", 2));
    await happens(() => source.advance(60_000));
    expect(screen.text).toBe("2");
    expect(notices).toEqual([]);
    await happens(source.restart);
    await happens(() => source.emit("a", "of another history", 3));
    await happens(() => source.advance(60_000));
    expect(notices).toEqual(["reset"]);
    expect(screen.text).toBe("1");
  });

  test("begins anew after a gap with `from`, and goes on over one without", async () => {
    const seen: string[] = [];
    function Numbers({ from }: { readonly from?: "last:9" }): string {
      const add = (all: readonly number[], { data }: Delivered<number>): readonly number[] => [...all, data];
      const resync = ({ kind }: { kind: string }): void => void seen.push(kind);
      return useReducedTopic("n", add, [], { resync, ...(from !== undefined && { from }) }).join();
    }
    const page = [<Numbers key="with" from="last:9" />, ";", <Numbers key="without" />];
    const screen = await render(within(page));
    await happens(source.settled);
    for (const n of [1, 2]) await happens(() => source.emit("n", "number", n));
    expect(screen.text).toBe("1,2;1,2");
    await happens(source.drop);
    await happens(() => source.emit("n", "number", 3));
    await happens(source.evict);
    await happens(() => source.emit("n", "number", 4));
    await happens(() => source.advance(60_000));
    expect(seen).toEqual(["gap", "gap"]);
    expect(screen.text).toBe("4;1,2,4");
  });

  test("takes a `resync` that was not there in the first render", async () => {
    const heard: string[] = [];
    const resync = ({ kind }: { kind: string }): void => void heard.push(kind);
    function Listening({ isTold }: { readonly isTold: boolean }): null {
      useEvent("a", "n", () => undefined, isTold ? { resync } : {});
      return null;
    }
    const screen = await render(within(<Listening isTold={false} />));
    await happens(source.settled);
    await screen.render(within(<Listening isTold />));
    await happens(source.restart);
    await happens(() => source.advance(60_000));
    expect(heard).toEqual(["reset"]);
  });

  test("begins anew when it was hidden meanwhile: what it missed is not known", async () => {
    const page = (mode: "visible" | "hidden"): ReactElement =>
      within(
        <Activity mode={mode}>
          <Count topic="a" />
        </Activity>,
      );
    const screen = await render(page("visible"));
    await happens(() => source.emit("a", "heard", 1));
    expect(screen.text).toBe("1");
    await screen.render(page("hidden"));
    await happens(() => source.emit("a", "missed", 2));
    await screen.render(page("visible"));
    expect(screen.text).toBe("0");
    await happens(() => source.emit("a", "heard", 3));
    expect(screen.text).toBe("1");
  });

  test("hears nothing without a topic", async () => {
    const screen = await render(within(<Count topic={null} />));
    await happens(source.settled);
    expect([screen.text, source.requests.length]).toEqual(["0", 0]);
    await screen.render(within(<Count topic="a" />));
    await happens(() => source.emit("a", "one", 1));
    expect(screen.text).toBe("1");
    await screen.render(within(<Count topic={null} />));
    expect(screen.text).toBe("0");
  });
});

describe("useEvent", () => {
  test("calls the handler of the newest render for each event, and renders nothing", async () => {
    const heard: string[] = [];
    let renders = 0;
    function Listener({ name }: { readonly name: string }): null {
      renders += 1;
      useEvent<number>("a", "n", (data, event) => void heard.push(`${name} ${data} ${event.topic}`));
      return null;
    }
    const screen = await render(within(<Listener name="first" />));
    await happens(() =>
      Promise.all([source.emit("a", "n", 1), source.emit("a", "n", 2), source.emit("a", "other", 3)]),
    );
    expect(renders).toBe(1);
    const requests = source.requests.length;
    await screen.render(within(<Listener name="second" />));
    await happens(() => source.emit("a", "n", 3));
    expect(heard).toEqual(["first 1 a", "first 2 a", "second 3 a"]);
    expect(source.requests.length).toBe(requests);
  });
});

describe("useConnection", () => {
  test("says how the connection is, and is the same object until that changes", async () => {
    const seen: Connection[] = [];
    let again = (): void => undefined;
    function Light(): string {
      const [, setTick] = useState(0);
      again = () => setTick((tick) => tick + 1);
      const connection = useConnection();
      seen.push(connection);
      return connection.state;
    }
    const screen = await render(
      within(
        <>
          <Light />
          <Count topic="a" />
        </>,
      ),
    );
    await happens(source.settled);
    expect(screen.text).toBe("live0");
    await act(async () => again());
    expect(seen.at(-1)).toBe(seen.at(-2));
    await happens(source.drop);
    expect(screen.text).toBe("waiting0");
    expect(seen.at(-1)?.publish).toBe(seen[0]?.publish);
    expect(seen.at(-1)?.reconnect).toBe(seen[0]?.reconnect);
    await happens(async () => {
      seen[0]?.reconnect();
      await source.settled();
    });
    expect(screen.text).toBe("live0");
  });

  test("opens nothing", async () => {
    function Light(): string {
      return useConnection().state;
    }
    const screen = await render(within(<Light />));
    await happens(source.settled);
    expect([screen.text, source.requests.length]).toEqual(["idle", 0]);
  });

  test("publishes", async () => {
    let publish: Connection["publish"] | undefined;
    function Button(): null {
      ({ publish } = useConnection());
      return null;
    }
    await render(within(<Button />));
    await publish?.("a", { event: "hello", data: { to: "you" } });
    expect(source.published).toMatchObject([{ topic: "a", event: "hello", data: { to: "you" } }]);
  });
});

describe("the provider", () => {
  const url = "http://test.source/events";
  const shared = (node: ReactNode): ReactElement => (
    <TidingsProvider url={url} options={source.options}>
      {node}
    </TidingsProvider>
  );

  test("is needed", () => {
    expect(() => renderToString(<Count topic="a" />)).toThrow("<TidingsProvider>");
  });

  test("keeps one connection in strict mode, mounted and unmounted twenty times, and closes it a second after", async () => {
    let most = 0;
    for (let i = 0; i < 20; i += 1) {
      const screen = await render(
        <StrictMode>
          {shared(
            <>
              <Count topic="a" />
              <Count topic={`b${i}`} />
            </>,
          )}
        </StrictMode>,
      );
      await happens(() => source.emit("a", "n", i));
      expect(screen.text).toBe("10");
      most = Math.max(most, source.connections);
      await screen.unmount();
      await source.advance(500);
    }
    expect([most, streamsOpened()]).toEqual([1, 1]);
    await source.advance(5_000);
    expect([source.connections, source.timers]).toEqual([0, 0]);
  });

  test("makes a client of its own options when the one before was closed", async () => {
    const tokens = async (token: string): Promise<void> => {
      const options = { ...source.options, token };
      const screen = await render(
        <TidingsProvider url={url} options={options}>
          <Count topic="a" />
        </TidingsProvider>,
      );
      await happens(source.settled);
      await screen.unmount();
      await source.advance(5_000);
    };
    await tokens("first");
    await tokens("second");
    const sent = source.requests.map(({ headers }) => headers.get("Authorization"));
    expect(sent).toEqual(["Bearer first", "Bearer second"]);
  });

  test("has a new client when it is mounted anew after a log-out", async () => {
    let connection: Connection | undefined;
    function Page(): string {
      connection = useConnection();
      return `${connection.state} ${useReducedTopic("a", (count: number) => count + 1, 0)}`;
    }
    const screen = await render(<div key="first session">{shared(<Page />)}</div>);
    await happens(source.settled);
    await act(async () => connection?.logout());
    expect([screen.text, source.connections]).toEqual(["closed 0", 0]);
    await screen.render(<div key="second session">{shared(<Page />)}</div>);
    await happens(() => source.emit("a", "n", 1));
    expect(screen.text).toBe("live 1");
  });

  test("shows its own client's state after a log-out, though another provider has a new one", async () => {
    const connections = new Map<string, Connection>();
    function Page({ name }: { readonly name: string }): string {
      const connection = useConnection();
      connections.set(name, connection);
      return `${name} ${connection.state} ${useReducedTopic("a", (count: number) => count + 1, 0)};`;
    }
    const page = (name: string): ReactElement => (
      <TidingsProvider key={name} url={url} options={source.options}>
        <Page name={name} />
      </TidingsProvider>
    );
    const screen = await render([page("one"), page("two")]);
    await happens(source.settled);
    await happens(async () => connections.get("one")?.logout());
    await screen.render([page("three"), page("two")]);
    await happens(source.settled);
    await screen.render([page("three"), page("two")]);
    await happens(() => source.emit("a", "n", 1));
    expect(screen.text).toBe("three live 1;two closed 0;");
  });

  test("lets go of the client of one who publishes when it leaves, once that was said", async () => {
    function Guest(): null {
      const { publish } = useConnection();
      useEffect(() => () => void publish("room", { event: "left", data: {} }), [publish]);
      return null;
    }
    const screen = await render(
      shared(
        <>
          <Guest />
          <Count topic="room" />
        </>,
      ),
    );
    await happens(source.settled);
    await screen.unmount();
    await source.advance(5_000);
    expect(source.published).toMatchObject([{ topic: "room", event: "left" }]);
    expect([source.connections, source.timers]).toEqual([0, 0]);
    // Who comes next has a client of its own options.
    const other = createTestSource();
    const next = await render(
      <TidingsProvider url={url} options={other.options}>
        <Count topic="room" />
      </TidingsProvider>,
    );
    await happens(other.settled);
    expect(other.connections).toBe(1);
    await next.unmount();
    await other.advance(5_000);
  });

  test("of another user is another client", async () => {
    const screen = await render(
      <TidingsProvider url={url} options={{ ...source.options, user: "ada" }}>
        <Count topic="a" />
      </TidingsProvider>,
    );
    await happens(source.settled);
    await screen.render(
      <TidingsProvider url={url} options={{ ...source.options, user: "grace" }}>
        <Count topic="a" />
      </TidingsProvider>,
    );
    await happens(() => source.emit("a", "n", 1));
    expect([screen.text, streamsOpened()]).toEqual(["1", 2]);
    await screen.unmount();
    await source.advance(5_000);
    expect(source.connections).toBe(0);
  });

  test("connects nothing for a render that comes to nothing", async () => {
    function Fails(): null {
      useTopic("a");
      useEvent("a", "n", () => undefined);
      throw new Error("on purpose");
    }
    await expect(render(shared(<Fails />))).rejects.toThrow("on purpose");
    await source.settled();
    expect(source.requests).toEqual([]);
  });

  test("works in a document for tests that has no locks, whether or not it is told to share", async () => {
    const screen = await render(
      <TidingsProvider url={url} options={{ ...source.options, shareTabs: true }}>
        <Count topic="a" />
      </TidingsProvider>,
    );
    await happens(source.settled);
    await happens(() => source.emit("a", "n", 1));
    expect(screen.text).toBe("1");
    await screen.unmount();
  });

  test("hydrates what the server has rendered without a complaint", async () => {
    function Page(): ReactElement {
      return (
        <p>
          {useConnection().state} {useTopic("a")?.event ?? "none"} <Count topic="a" />
        </p>
      );
    }
    const host = document.createElement("div");
    host.innerHTML = renderToString(shared(<Page />));
    expect(host.textContent).toBe("idle none 0");
    const complaints: unknown[] = [];
    const root = await act(async () =>
      hydrateRoot(host, shared(<Page />), { onRecoverableError: (error) => complaints.push(error) }),
    );
    await happens(() => source.emit("a", "n", 1));
    expect(host.textContent).toBe("live n 1");
    expect(complaints).toEqual([]);
    await act(async () => root.unmount());
    await source.advance(5_000);
  });
});
