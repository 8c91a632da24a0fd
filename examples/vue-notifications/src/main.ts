import { createTidings } from "tidings/vue";
import { createApp } from "vue";

import App from "./App.vue";

createApp(App)
  .use(createTidings({ url: "/events" }))
  .mount("#app");
