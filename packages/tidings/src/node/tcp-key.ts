import { endianness } from "node:os";

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
  const local = addressHex(localAddress);
  const remote = addressHex(remoteAddress);
  if (local === undefined || local.length !== remote?.length) return undefined;
  return `${local}:${portHex(localPort)} ${remote}:${portHex(remotePort)}`;
}

/** Whether a key is one of `tcp6`. */
export function isIPv6Key(key: string): boolean {
  return key.indexOf(":") === 32;
}

function portHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

function addressHex(address: string): string | undefined {
  const bytes = address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
  if (bytes === undefined) return undefined;
  let text = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (const at of ORDER) text += (bytes[word + at] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  }
  return text;
}

function ipv4Bytes(address: string): number[] | undefined {
  const bytes = address.split(".").map(Number);
  return bytes.length === 4 && bytes.every(isByte) ? bytes : undefined;
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 256;
}

/** RFC 4291, section 2.2, and a zone (`%eth0`), which the table does not show. */
function ipv6Bytes(address: string): number[] | undefined {
  const [text = ""] = address.split("%", 1);
  const [head = "", tail] = text.split("::");
  const before = groupBytes(head);
  const after = tail === undefined ? [] : groupBytes(tail);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function groupBytes(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const group of text === "" ? [] : text.split(":")) {
    const number = /^[0-9a-f]{1,4}$/i.test(group) ? parseInt(group, 16) : undefined;
    const two = number === undefined ? ipv4Bytes(group) : [number >> 8, number & 0xff];
    if (two === undefined) return undefined;
    bytes.push(...two);
  }
  return bytes;
}
