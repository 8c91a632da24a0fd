import { expect, test } from "vitest";
import { createSSRApp, defineComponent, h } from "vue";
import { renderToString } from "vue/server-renderer";

import { createTidings, useConnection, useEvent, useReducedTopic, useTopic } from "../../src/vue/index.ts";

test("renders on the server, where there is no window, without a connection", async () => {
  expect([typeof window, typeof document]).toEqual(["undefined", "undefined"]);
  let requests = 0;
  const fetch = (): Promise<Response> => {
    requests += 1;
    return Promise.reject(new Error("not on the server"));
  };
  const Page = defineComponent({
    setup() {
      const { state } = useConnection();
      const { event } = useTopic("a", { from: "last:1" });
      const count = useReducedTopic(
        () => "a",
        (n: number) => n + 1,
        7,
      );
      useEvent("a", "n", () => {
        throw new Error("nothing is heard on the server");
      });
      return () => h("p", `${state.value} ${event.value?.id ?? "none"} ${count.value}`);
    },
  });
  for (let i = 0; i < 3; i += 1) {
    const app = createSSRApp(Page).use(createTidings({ url: "/events", options: { fetch } }));
    expect(await renderToString(app)).toBe("<p>idle none 7</p>");
  }
  await new Promise((resolve) => void setImmediate(resolve));
  expect(requests).toBe(0);
});
