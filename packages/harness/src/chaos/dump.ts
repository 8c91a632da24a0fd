import { get } from "node:http";

import { FrameReader, isPublished } from "../../../tidings/test/frames.ts";
import type { Journal } from "../logs/journal.ts";
import { payloadOf } from "../logs/payload.ts";

/** Writes down everything that a hub has, read from the oldest on until its stream is live. */
export function dump(port: number, journal: Journal): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = "/events?topic=**&from=earliest";
    const request = get({ port, path, host: "127.0.0.1", agent: false }, (response) => {
      const reader = new FrameReader();
      response.on("error", () => undefined);
      response.on("close", () => reject(new Error("The hub ended the stream that reads what it has")));
      response.on("data", (bytes: Buffer) => {
        for (const frame of reader.read(bytes)) {
          if (frame.event === "tidings:live") {
            resolve();
            request.destroy();
            return;
          }
          const { id, event, data, topics } = frame;
          if (!isPublished(frame) || id === undefined || data === undefined) continue;
          journal({ kind: "entry", cursor: id, topics, payload: payloadOf(event, data) });
        }
      });
    });
    request.on("error", reject);
  });
}
