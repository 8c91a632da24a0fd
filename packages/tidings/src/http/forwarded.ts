import { addressKey } from "../hub/admission/address-key.ts";
import { HubError } from "../hub/error.ts";
import { shown } from "../wire/fields.ts";
import type { Exchange } from "./exchange.ts";

/** Proxies in a row beyond which somebody has mistyped. */
const MOST_PROXIES = 32;

/**
 * A request as its client sent it to the outermost of so many proxies. Each proxy adds the address that it was asked from
 * at the right of `X-Forwarded-For`; what stands further to the left the client itself may have written, and is not
 * looked at. Where the header has less than that, or no address there, the one at the other end of the connection counts:
 * never one that a client made up.
 */
export function behindProxies(exchange: Exchange, proxies: number): Exchange {
  if (proxies === 0) return exchange;
  const address = fromTheRight(exchange.header("x-forwarded-for") ?? "", proxies);
  if (address === undefined || addressKey(address) === undefined) return exchange;
  return { ...exchange, address };
}

/**
 * Checks a number of proxies.
 *
 * @throws HubError `bad-option`
 */
export function proxyCount(proxies: number): number {
  if (Number.isSafeInteger(proxies) && proxies >= 0 && proxies <= MOST_PROXIES) return proxies;
  throw new HubError("bad-option", `trustedProxies is a whole number from 0 to ${MOST_PROXIES}, not ${shown(proxies)}`);
}

/** The n-th item of a list from its right, without looking at those before it. */
function fromTheRight(list: string, n: number): string | undefined {
  let end = list.length;
  for (let skipped = 1; skipped < n; skipped++) {
    end = list.lastIndexOf(",", end - 1);
    if (end <= 0) return undefined;
  }
  return list.slice(list.lastIndexOf(",", end - 1) + 1, end).trim();
}
