/// <reference types="vite/client" />
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app.tsx";

const host = document.querySelector("#app");
if (host === null) throw new Error("the page has no #app");
const root = createRoot(host);
const show = (component: typeof App): void => root.render(createElement(StrictMode, null, createElement(component)));
show(App);

// What a framework's hot reload does with a module that it cannot patch: a new component, so all is mounted anew.
import.meta.hot?.accept("./app.tsx", (module) => {
  if (module !== undefined) show(module["App"] as typeof App);
});
