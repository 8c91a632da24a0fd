import type { ClientError } from "../error.ts";
import type { StreamOptions } from "../stream/stream.ts";

/** How a client names itself: it lives with a 503, and may change its streams. */
const CLIENT = "tidings/0.1.0";
/** What every server and proxy takes. */
const LONGEST_URL = 2_000;

/** How streams of topics are asked for: by a URL, and by POST where that would be long. */
export interface Asking {
  /** @param from where it begins without a cursor */
  of(topics: () => Iterable<string>, from?: string): Pick<StreamOptions, "url" | "method" | "body">;
  /** Whether it was refused only because it was a POST. From then on there is none. */
  mistook(error: ClientError): boolean;
}

/** @param base the stream's URL, without topics */
export function createAsking(base: URL): Asking {
  let posts = true;
  let posted = false;
  return {
    of(topics, from) {
      const address = (withTopics: boolean): string => {
        const url = new URL(base);
        url.searchParams.set("client", CLIENT);
        if (withTopics) {
          for (const topic of topics()) url.searchParams.append("topic", topic);
          if (from !== undefined) url.searchParams.set("from", from);
        }
        return url.href;
      };
      const long = (): boolean => posts && address(true).length > LONGEST_URL;
      return {
        url: () => address(!long()),
        method() {
          posted = long();
          return posted ? "POST" : "GET";
        },
        body: () => (long() ? json({ topics: [...topics()], from }) : undefined),
      };
    },
    mistook({ status = 0 }) {
      if (!posted || ![404, 405, 415].includes(status)) return false;
      posts = posted = false;
      return true;
    },
  };
}

/** A body that brings its `Content-Type` with it. */
export function json(value: unknown): Blob {
  return new Blob([JSON.stringify(value)], { type: "application/json" });
}
