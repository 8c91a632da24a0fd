import { expect, test } from "vitest";

import { type Fixture, fixtures } from "./fixtures.ts";
import { read } from "./read.ts";
import { interpret } from "./standard.ts";
import { joined } from "./streams.ts";

test.each(fixtures(150_000))(
  "the benchmark's stream of $name is read as the standard's algorithm reads it",
  ({ chunks }: Fixture) => {
    const { events, retries, lastEventId } = read(chunks);
    expect({ events, retries, lastEventId }).toEqual(interpret(joined(chunks)));
  },
);
