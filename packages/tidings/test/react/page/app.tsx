import { type ReactElement, useState } from "react";
import { TidingsProvider, useConnection, useEvent, useReducedTopic, useTopic } from "tidings/react";

const VERSION = "version 0";

let heard = 0;

/** Three routes, each with topics of its own. */
function Route({ name }: { readonly name: string }): ReactElement {
  const newest = useTopic<number>("numbers");
  const count = useReducedTopic(`routes/${name}`, (n: number) => n + 1, 0);
  useEvent("numbers", "number", () => (heard += 1));
  return (
    <p>
      route <b id="route">{name}</b>, newest <b id="newest">{newest?.data}</b>, counted <b id="count">{count}</b>, heard{" "}
      <b id="heard">{heard}</b>
    </p>
  );
}

function Light(): ReactElement {
  return <p id="state">{useConnection().state}</p>;
}

export function App(): ReactElement {
  const [route, setRoute] = useState("one");
  return (
    <TidingsProvider url="/events">
      <h1 id="version">{VERSION}</h1>
      <Light />
      {["one", "two", "three", "nowhere"].map((name) => (
        <button key={name} id={name} type="button" onClick={() => setRoute(name)}>
          {name}
        </button>
      ))}
      {route !== "nowhere" && <Route key={route} name={route} />}
    </TidingsProvider>
  );
}
