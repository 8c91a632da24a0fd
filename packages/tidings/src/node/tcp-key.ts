import { endianness } from "node:os";

import { ipBytes } from "../hub/ip-address.ts";
import type { WatchedSocket } from "../http/platform.ts";

/** The kernel prints an address as numbers of 32 bits, in the machine's own order. */
const ORDER = endianness() === "LE" ? [3, 2, 1, 0] : [0, 1, 2, 3];

/**
 * How a connection is called in `/proc/net/tcp` or `tcp6`: `LOCAL:PORT REMOTE:PORT`. An IPv4 client of a socket that
 * listens on IPv6 is `::ffff:` and its address in Node, and stands in `tcp6`.
 *
 * @returns nothing for what is not TCP, or not connected any more
 */
export function tcpKey(socket: WatchedSocket): string | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || remoteAddress === undefined) return undefined;
  if (localPort === undefined || remotePort === undefined) return undefined;
  const near = localHex(localAddress);
  const far = remoteAddress === localAddress ? near : addressHex(remoteAddress);
  if (near === undefined || near.length !== far?.length) return undefined;
  return `${near}:${portHex(localPort)} ${far}:${portHex(remotePort)}`;
}

/** Whether a key is one of `tcp6`. */
export function isIPv6Key(key: string): boolean {
  return key.indexOf(":") === 32;
}

function portHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

// Nearly all connections come to the same address, and an address costs more than all else here.
const local: { address?: string; hex?: string | undefined } = {};

function localHex(address: string): string | undefined {
  if (address === local.address) return local.hex;
  local.address = address;
  local.hex = addressHex(address);
  return local.hex;
}

function addressHex(address: string): string | undefined {
  const bytes = ipBytes(address);
  if (bytes === undefined) return undefined;
  let text = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (const at of ORDER) text += (bytes[word + at] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  }
  return text;
}
