import type { ReactElement } from "react";
import { type Connection, useConnection } from "tidings/react";

const WORDS: Record<Connection["state"], string> = {
  idle: "Idle",
  connecting: "Connecting",
  replaying: "Catching up",
  live: "Live",
  waiting: "Line cut",
  closed: "Disconnected",
};

/** How the connection is, in a word, and what to do about it. */
export function ConnectionLight(): ReactElement {
  const { state, error, reconnect } = useConnection();
  return (
    <div className="connection">
      {state === "waiting" && (
        <button type="button" onClick={reconnect} title={error?.message}>
          Try now
        </button>
      )}
      <p className="state" role="status" data-state={state}>
        {WORDS[state]}
      </p>
    </div>
  );
}
