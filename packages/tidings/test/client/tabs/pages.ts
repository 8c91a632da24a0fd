import type { ConnectOptions, Tidings } from "../../../src/client/index.ts";
import { client } from "../connect/hub-server.ts";

/** A tab in Node: locks and channels are real, the page is an event target of its own. */
export interface Tab {
  readonly tidings: Tidings;
  /** What came of the topics that it hears. */
  readonly heard: unknown[];
  hear(topic: string): () => void;
  /** Into the back/forward cache. */
  hide(): void;
  show(): void;
}

const page = globalThis as { document?: object };

/** Opens a tab of a page, until the test is over. */
export function openTab(url: string, options: ConnectOptions = {}): Tab {
  const target = new EventTarget();
  const { addEventListener, removeEventListener } = globalThis;
  page.document = {};
  globalThis.addEventListener = target.addEventListener.bind(target);
  globalThis.removeEventListener = target.removeEventListener.bind(target);
  const tidings = client(url, options);
  Object.assign(globalThis, { addEventListener, removeEventListener });
  delete page.document;
  const heard: unknown[] = [];
  const fire = (type: string): void => {
    target.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
  };
  return {
    tidings,
    heard,
    hear: (topic) => tidings.onAny(topic, ({ data }) => heard.push(data)),
    hide: () => fire("pagehide"),
    show: () => fire("pageshow"),
  };
}
