import { ProblemError } from "./problem.ts";

/** How a target in absolute form begins (RFC 9112, section 3.2.2), and the URL of a `Request`. */
const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/** The path and the query of a request. */
export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Reads a request target, or a whole URL. Bytes above ASCII are taken as UTF-8, whether they are percent-encoded or not.
 *
 * @throws ProblemError `malformed` if it is not UTF-8, or badly encoded
 */
export function readTarget(target: string): Target {
  const [path, query] = split(utf8(target).replace(ABSOLUTE, "").split("#", 1)[0] ?? "");
  try {
    // URLSearchParams replaces what it cannot decode; this refuses it. Only a cursor may be anything: it gets a reset.
    for (const pair of query.split("&")) if (!pair.startsWith("lastEventId=")) decodeURIComponent(pair);
    return { path: decodeURIComponent(path || "/"), query: new URLSearchParams(query) };
  } catch {
    throw new ProblemError("malformed", "The request target is not percent-encoded UTF-8");
  }
}

/** The query of a request whose route is not ours: what cannot be decoded there is not ours to refuse. */
export function queryOf(target: string): URLSearchParams {
  return new URLSearchParams(split(target.split("#", 1)[0] ?? "")[1]);
}

function split(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Node hands over the bytes of a head one character each. */
export function utf8(bytes: string): string {
  if (/^[\u0000-\u007f]*$/.test(bytes) || /[^\u0000-\u00ff]/.test(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    throw new ProblemError("malformed", "The head of the request is not UTF-8");
  }
}
