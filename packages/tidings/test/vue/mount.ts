import { type App, createApp, defineComponent, h, type Plugin } from "vue";

/** An app in a document, whose setup answers what it shows. */
export interface Mounted {
  readonly app: App;
  readonly text: string;
}

/** Mounts a component that is nothing but its setup. */
export function mount(setup: () => () => string, plugin: Plugin): Mounted {
  const host = document.createElement("div");
  const component = defineComponent({
    setup() {
      const show = setup();
      return () => h("p", show());
    },
  });
  const app = createApp(component).use(plugin);
  app.mount(host);
  return {
    app,
    get text() {
      return host.textContent ?? "";
    },
  };
}
