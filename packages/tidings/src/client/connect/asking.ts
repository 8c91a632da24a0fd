import type { ClientError } from "../error.ts";
import type { StreamOptions } from "../stream/stream.ts";
import type { StreamSettings } from "./settings.ts";

/** How a client names itself: it lives with a 503, and may change its streams. */
const CLIENT = "tidings/0.1.0";
/** What every server and proxy takes. */
const LONGEST_URL = 2_000;

/** How streams of topics are asked for: by a URL, and by POST where that would be long. */
export interface Asking {
  /** @param from where it begins without a cursor */
  of(topics: () => Iterable<string>, from?: string): Asked;
}

/** How one stream is asked for. */
interface Asked extends StreamOptions {
  /** Whether it was refused only because it was a POST. From then on there is none. */
  mistook(error: ClientError): boolean;
}

/** @param base the stream's URL, without topics */
export function createAsking(base: URL, settings: StreamSettings): Asking {
  let posts = true;
  return {
    of(topics, from) {
      /** Its newest request: a stream asks for its URL, its method and its body in one go. */
      let posted = false;
      return {
        ...settings(),
        url() {
          const url = new URL(base);
          url.searchParams.set("client", CLIENT);
          const short = url.href;
          for (const topic of topics()) url.searchParams.append("topic", topic);
          if (from !== undefined) url.searchParams.set("from", from);
          posted = posts && url.href.length > LONGEST_URL;
          return posted ? short : url.href;
        },
        method: () => (posted ? "POST" : "GET"),
        body: () => (posted ? json({ topics: [...topics()], from }) : undefined),
        mistook({ status = 0 }) {
          if (!posted || ![404, 405, 415].includes(status)) return false;
          posts = posted = false;
          return true;
        },
      };
    },
  };
}

/** A body that brings its `Content-Type` with it. */
export function json(value: unknown): Blob {
  return new Blob([JSON.stringify(value)], { type: "application/json" });
}
