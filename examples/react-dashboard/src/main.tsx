import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { TidingsProvider } from "tidings/react";

import { App } from "./app.tsx";

const root = document.querySelector("#app");
if (root === null) throw new Error("the page has no #app");
createRoot(root).render(
  <StrictMode>
    <TidingsProvider url="/events">
      <App />
    </TidingsProvider>
  </StrictMode>,
);
