/** The last two groups of an IPv6 address may be written as an IPv4 one. */
const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/** The longest that an address with brackets, a zone and a port may be. Longer ones are not looked at. */
const LONGEST = 128;

/**
 * What an IP address is counted by: IPv4 as it is, IPv6 by its first 64 bits, as `2001:db8:0:1::/64`; IPv4 in IPv6
 * (`::ffff:192.0.2.1`) as IPv4. A port and a zone are left out. `undefined` for what is no address.
 */
export function addressKey(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  if (bracketed !== undefined) return v6Key(bracketed);
  const v4 = /^([\d.]+)(?::\d{1,5})?$/.exec(text)?.[1];
  if (v4 !== undefined) return V4.test(v4) ? v4 : undefined;
  return v6Key(text);
}

/** What an embedder's address is counted by: one that is no IP address, as the text that it is. */
export function addressText(address: string): string {
  return addressKey(address) ?? address;
}

function v6Key(text: string): string | undefined {
  const groups = groupsOf(text.replace(/%[^%]+$/, ""));
  if (groups === undefined) return undefined;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff;
  if (mapped) return [groups[6], groups[7]].flatMap((group = 0) => [group >> 8, group & 0xff]).join(".");
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2). */
function groupsOf(text: string): number[] | undefined {
  const [left = "", right, more] = text.split("::");
  if (more !== undefined) return undefined;
  const before = listed(left);
  const after = listed(right ?? "");
  if (before === undefined || after === undefined) return undefined;
  // Only the end of an address can be IPv4.
  if (right !== undefined && left.includes(".")) return undefined;
  const missing = 8 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function listed(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const items = text.split(":");
  for (const [index, item] of items.entries()) {
    if (GROUP.test(item)) {
      groups.push(Number.parseInt(item, 16));
    } else if (index === items.length - 1 && V4.test(item)) {
      const [a = 0, b = 0, c = 0, d = 0] = item.split(".").map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else {
      return undefined;
    }
  }
  return groups;
}
