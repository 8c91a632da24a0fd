import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { onTestFinished } from "vitest";

/** Something that is on the screen. */
export interface Rendered {
  readonly text: string;
  render(node: ReactNode): Promise<void>;
  unmount(): Promise<void>;
}

/** Puts it into a document, with its effects, until the test is over. */
export async function render(node: ReactNode): Promise<Rendered> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const host = document.createElement("div");
  const root = createRoot(host);
  const rendered: Rendered = {
    get text() {
      return host.textContent ?? "";
    },
    // An async callback: what follows in microtasks belongs to it, too.
    render: (next) => act(async () => root.render(next)),
    unmount: () => act(async () => root.unmount()),
  };
  onTestFinished(rendered.unmount);
  await rendered.render(node);
  return rendered;
}
