import { isIP } from "node:net";

import { InvalidArgumentError } from "commander";

/**
 * A TCP port: 0 (any free one) to 65535.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  // Kubernetes gives every pod a variable <SERVICE>_PORT, so a Service that is called "tidings" sets TIDINGS_PORT.
  const why = text.startsWith("tcp://")
    ? " This one looks as if Kubernetes had set it for a Service called tidings: set enableServiceLinks to false."
    : "";
  throw new InvalidArgumentError(`A port is a number from 1 to 65535, or 0 for any free one.${why}`);
}

/**
 * An address or a name to listen on, without a port; the brackets of an IPv6 address are taken off.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseHost(text: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 || isName(host)) return host;
  throw new InvalidArgumentError("A host is an address or a name without a port, such as 127.0.0.1, ::1 or 0.0.0.0.");
}

/**
 * Origins, added to those before: a scheme and a host with perhaps a port, as browsers write them. A comma separates.
 *
 * @throws InvalidArgumentError if one is something else
 */
export function parseOrigins(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...listed(text).map(origin)];
}

/**
 * Host names, added to those before: without a scheme, a port or a wildcard. A comma separates.
 *
 * @throws InvalidArgumentError if one is something else
 */
export function parseHostNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...listed(text).map(hostName)];
}

/**
 * A URL of http or https.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text.trim());
  if (url === null || !isHttp(url)) {
    throw new InvalidArgumentError("It must be a URL of http or https, such as http://localhost:3000.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidArgumentError("A URL with a user name and a password is not supported.");
  }
  return url;
}

function origin(text: string): string {
  const url = URL.parse(text);
  const right = url !== null && isHttp(url) ? url.origin : undefined;
  const wild = text.includes("*");
  if (right === text && !wild) return text;
  const all = wild ? " There is no wildcard: name each origin that may read and publish." : "";
  const meant = right === undefined || wild ? "" : ` Perhaps ${right} was meant.`;
  throw new InvalidArgumentError(
    `An origin is a scheme and a host, without a path, such as https://app.example.com.${all}${meant}`,
  );
}

function hostName(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(host) === 6) return `[${host}]`;
  if (isIP(host) === 4 || isName(host)) return host;
  throw new InvalidArgumentError(
    "An allowed host is a name or an address alone, without a scheme, a port, a path or a *, such as hub.example.com.",
  );
}

function listed(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

function isName(text: string): boolean {
  return (
    text.length <= 253 && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text)
  );
}
