const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** The four bytes of an IPv4 address, or the sixteen of an IPv6 one; its zone (`%eth0`) is left out. Or nothing. */
export function ipBytes(text: string): number[] | undefined {
  if (V4.test(text)) return text.split(".").map(Number);
  return v6Bytes(text.replace(/%[^%]+$/, ""));
}

/** RFC 4291, section 2.2. */
function v6Bytes(text: string): number[] | undefined {
  const [left = "", right, more] = text.split("::");
  if (more !== undefined) return undefined;
  // Only the end of an address can be IPv4.
  if (right !== undefined && left.includes(".")) return undefined;
  const before = listed(left);
  const after = listed(right ?? "");
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function listed(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const items = text.split(":");
  for (const [index, item] of items.entries()) {
    if (GROUP.test(item)) {
      const group = Number.parseInt(item, 16);
      bytes.push(group >> 8, group & 0xff);
    } else if (index === items.length - 1 && V4.test(item)) {
      bytes.push(...item.split(".").map(Number));
    } else {
      return undefined;
    }
  }
  return bytes;
}
