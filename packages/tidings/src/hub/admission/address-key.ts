import { ipBytes } from "../ip-address.ts";

/** The longest that an address with brackets, a zone and a port may be. Longer ones are not looked at. */
const LONGEST = 128;

/**
 * What an IP address is counted by: IPv4 as it is, IPv6 by its first 64 bits, as `2001:db8:0:1::/64`; IPv4 in IPv6
 * (`::ffff:192.0.2.1`) as IPv4. A port and a zone are left out. `undefined` for what is no address.
 */
export function addressKey(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed.includes(":") ? keyOf(bracketed) : undefined;
  const v4 = /^([\d.]+)(?::\d{1,5})?$/.exec(text)?.[1];
  return keyOf(v4 ?? text);
}

/** What an embedder's address is counted by: one that is no IP address, as the text that it is. */
export function addressText(address: string): string {
  return addressKey(address) ?? address;
}

function keyOf(text: string): string | undefined {
  const bytes = ipBytes(text);
  if (bytes === undefined || bytes.length === 4) return bytes?.join(".");
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return bytes.slice(12).join(".");
  const network = [0, 2, 4, 6].map((at) => ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)).toString(16));
  return `${network.join(":")}::/64`;
}
