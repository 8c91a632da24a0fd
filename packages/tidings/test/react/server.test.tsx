import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";

import { TidingsProvider, useConnection, useEvent, useReducedTopic, useTopic } from "../../src/react/index.ts";

function Page(): ReactElement {
  const { state } = useConnection();
  const newest = useTopic("a", { from: "last:1" });
  const count = useReducedTopic("a", (n: number) => n + 1, 7);
  useEvent("a", "n", () => {
    throw new Error("nothing is heard on the server");
  });
  return (
    <p>
      {state} {newest?.id ?? "none"} {count}
    </p>
  );
}

test("renders on the server, where there is no window, without a connection", async () => {
  expect([typeof window, typeof document]).toEqual(["undefined", "undefined"]);
  let requests = 0;
  const fetch = (): Promise<Response> => {
    requests += 1;
    return Promise.reject(new Error("not on the server"));
  };
  const page = (
    <TidingsProvider url="/events" options={{ fetch, token: () => "secret" }}>
      <Page />
    </TidingsProvider>
  );
  for (let i = 0; i < 3; i += 1)
    expect(renderToString(page)).toBe("<p>idle<!-- --> <!-- -->none<!-- --> <!-- -->7</p>");
  // What would be begun now would show by the next turn of the event loop.
  await new Promise((resolve) => void setImmediate(resolve));
  expect(requests).toBe(0);
});
