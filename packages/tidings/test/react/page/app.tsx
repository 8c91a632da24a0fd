import { type ReactElement, useState } from "react";
import { TidingsProvider, useConnection, useEvent, useReducedTopic, useTopic } from "tidings/react";

const VERSION = "version-0";

let heard = 0;

/** A route with a topic of its own, and one that all have. */
function Route({ name }: { readonly name: string }): ReactElement {
  const count = useReducedTopic(`routes/${name}`, (n: number) => n + 1, 0);
  useEvent("numbers", "number", () => (heard += 1));
  return (
    <p>
      route <b id="route">{name}</b>, counted <b id="count">{count}</b>, heard <b id="heard">{heard}</b>
    </p>
  );
}

function Light(): ReactElement {
  const newest = useTopic<number>("numbers");
  return (
    <p>
      <b id="state">{useConnection().state}</b>, newest <b id="newest">{newest?.data}</b>
    </p>
  );
}

/** Its routes are new ones each time: who comes back to a topic that was given up is brought level by a short stream. */
export function App(): ReactElement {
  const [visits, setVisits] = useState(1);
  return (
    <TidingsProvider url="/events">
      <h1 id="version">{VERSION}</h1>
      <Light />
      <button id="next" type="button" onClick={() => setVisits((n) => n + 1)}>
        Next
      </button>
      {visits % 3 !== 0 && <Route key={visits} name={`${VERSION}-${visits}`} />}
    </TidingsProvider>
  );
}
