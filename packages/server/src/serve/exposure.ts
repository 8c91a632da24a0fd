import { isIPv4 } from "node:net";

import { LOOPBACK_HOSTS } from "tidings/http";

import { Failure } from "../failure.ts";

/** Whether only programs of this machine can reach what listens on this host. */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * There is no authentication yet, so a hub that other machines can reach is open to all of them. That must be said.
 *
 * @throws Failure if the host is not a loopback one and `--anonymous` was not given
 */
export function refuseUnlessMeant(host: string, anonymous: boolean): void {
  if (anonymous || isLoopback(host)) return;
  throw new Failure(
    `${host} can be reached from other machines, and whoever reaches this hub can read and publish everything: ` +
      "it has no authentication yet. Give --anonymous (TIDINGS_ANONYMOUS=true) if that is meant, " +
      "or listen on 127.0.0.1 and put a proxy that authenticates in front.",
  );
}

/**
 * The host names that requests may be addressed to, or `undefined` if any will do. On loopback they are checked, because
 * a page of any site can make its own name point at this machine (DNS rebinding). In the open nobody needs that trick,
 * and the names by which a hub is reached are its operator's: they are checked if some are allowed.
 */
export function checkedHosts(host: string, allowed: readonly string[]): readonly string[] | undefined {
  if (!isLoopback(host)) return allowed.length === 0 ? undefined : [...LOOPBACK_HOSTS, ...allowed];
  return [...LOOPBACK_HOSTS, host, ...allowed];
}

/** The address to open, as people write it: loopback is `localhost`, and so is "every address of this machine". */
export function readyUrl(address: string, port: number): string {
  if (address === "127.0.0.1" || address === "::1" || address === "0.0.0.0" || address === "::") {
    return `http://localhost:${port}`;
  }
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
