import type { Inspection, Tidings } from "tidings/client";

import { element, find, say } from "./element.ts";
import { atMostEvery } from "./times.ts";

/** A second way to the same events, opened on demand: the client, and what `inspect` answers while it works. */
export function createClientSheet(): void {
  const toggle = find("#client-toggle", HTMLButtonElement);
  const facts = find("#client-facts", HTMLElement);
  const error = find("#client-error", HTMLElement);
  let opening = false;
  let client: Tidings | undefined;

  const show = atMostEvery(250, () => {
    if (client === undefined) return;
    const said = factsOf(client.inspect());
    facts.replaceChildren(
      ...said.map(([name, value]) => element("div", {}, element("dt", { text: name }), element("dd", { text: value }))),
    );
  });

  async function open(): Promise<void> {
    // The page's modules find it by its path: see the server's page.ts.
    const { connect } = await import("tidings/client");
    client = connect("/events");
    client.status.subscribe(show);
    client.onAny("demo/**", show, { parse: String });
  }

  toggle.addEventListener("click", () => {
    if (opening) return;
    if (client === undefined) {
      opening = true;
      open()
        .then(
          () => say(error, undefined),
          (failure: unknown) => say(error, `The client cannot be loaded: ${String(failure)}`),
        )
        .finally(() => {
          opening = false;
          become();
        });
    } else {
      client.close();
      client = undefined;
      become();
    }
  });

  function become(): void {
    toggle.textContent = client === undefined ? "Open" : "Close";
    toggle.setAttribute("aria-pressed", String(client !== undefined));
    facts.hidden = client === undefined;
    show();
  }
}

function factsOf({
  status,
  topics,
  connections,
  events,
  duplicates,
  gaps,
  resets,
  errors,
}: Inspection): [string, string][] {
  const heard = Object.entries(topics).map(([topic, handlers]) => `${topic} × ${handlers}`);
  return [
    ["state", status.state],
    ["role", status.role],
    ["topics", heard.join(", ")],
    ["connections", String(connections)],
    ["events", events.toLocaleString("en")],
    ["duplicates", String(duplicates)],
    ["gaps", String(gaps)],
    ["resets", String(resets)],
    ["last error", errors.at(-1)?.message ?? "none"],
  ];
}
