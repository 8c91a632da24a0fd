import { createTidings, useConnection, useEvent, useReducedTopic, useTopic } from "tidings/vue";
import { createApp, defineComponent, h, nextTick, ref } from "vue";

const shown = ref(false);
let heard = 0;

const Child = defineComponent({
  setup() {
    const { data } = useTopic("a", { from: "last:1" });
    const count = useReducedTopic("a/*", (n: number) => n + 1, 0);
    const { state } = useConnection();
    useEvent("b", "n", () => (heard += 1));
    return () => h("p", { id: "state" }, `${state.value} ${String(data.value)} ${count.value}`);
  },
});

const app = createApp(() => (shown.value ? h(Child) : null)).use(createTidings({ url: "/events" }));
app.mount("#app");

/** What the test does with the page. */
const control = {
  async show(value: boolean): Promise<void> {
    shown.value = value;
    await nextTick();
  },
  unmount: () => app.unmount(),
  heard: () => heard,
};

export type Control = typeof control;

Object.assign(globalThis, { control });
