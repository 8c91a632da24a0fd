import { expect } from "vitest";

import { dial } from "../../http/connection.ts";
import { serve, type Setting } from "./application.ts";

/** What is sent, and what has to have come before the next is sent. */
export type Step = readonly [bytes: string | Buffer, answer: RegExp | "end"];

/**
 * Sends the same bytes to a plain server and to lean ones, one of them with every path in it. What the client reads and
 * what the server's code is told must be the same.
 *
 * @returns what the client has read
 */
export async function same(steps: readonly Step[], setting: Setting = {}): Promise<string> {
  const runs = await Promise.all(
    [undefined, "/events", "/"].map(async (lean) => {
      const { port, log, streams } = await serve({ ...setting, lean });
      const connection = await dial(port);
      connection.socket.setNoDelay(true);
      for (const [bytes, answer] of steps) {
        connection.send(bytes);
        if (answer === "end") await connection.ended();
        else await connection.until(answer);
      }
      expect(streams).toEqual([]);
      const read = connection.text.replaceAll(/^Date: .*$/gm, "Date: now");
      return { read: connection.over ? `${read} (ended)` : read, log: log.join(", ") };
    }),
  );
  const [plain, ...others] = runs;
  for (const other of others) expect(other).toEqual(plain);
  return plain?.read ?? "";
}
