import { isIP } from "node:net";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { addressKey } from "../../../src/hub/admission/address-key.ts";

describe("an address is counted", () => {
  test.for([
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:5678", "192.0.2.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["[::ffff:192.0.2.1]:443", "192.0.2.1"],
    ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
    ["2001:0DB8:0000:0001:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"],
    ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
    ["[2001:db8:0:1::2]", "2001:db8:0:1::/64"],
    ["[2001:db8:0:1::2]:8080", "2001:db8:0:1::/64"],
    ["2001:db8:0:2::1", "2001:db8:0:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["1::", "1:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4::/64"],
    ["::ffff:0:192.0.2.1", "0:0:0:0::/64"],
  ] as const)("%s as %s", ([text, key]) => {
    expect(addressKey(text)).toBe(key);
  });

  test.for([
    "",
    " 192.0.2.1",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.01",
    "192.0.2.1.1",
    "192.0.2.1:",
    "192.0.2.1:123456",
    "1e1.0.0.1",
    "unknown",
    "_hidden",
    "localhost",
    "2001:db8:0:1",
    "2001:db8::1::2",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "g::1",
    "192.0.2.1::",
    "::192.0.2.1:1",
    "[::1",
    "::1]",
    "[::1]:123456",
    "[192.0.2.1]",
    "%eth0",
    `${"0".repeat(200)}::1`,
    `::1%${"x".repeat(200)}`,
  ])("%j as no address", (text) => {
    expect(addressKey(text)).toBeUndefined();
  });

  test("exactly where Node sees one", () => {
    const piece = fc.constantFrom("", ":", "::", "1", "ff", "ffff", "0", "255", "256", ".", "1.2.3.4", "%", "e", "01");
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(texts, fc.ipV4(), fc.ipV6()), (text) => {
        // An IPv4 address with a port is one for us alone, and a zone may be empty for no one but Node.
        if (/^[\d.]+:\d{1,5}$/.test(text) || text.includes("%")) return;
        expect(addressKey(text) !== undefined, text).toBe(isIP(text) !== 0);
      }),
      { numRuns: 20_000 },
    );
  });

  test("by its first 64 bits, however it is written", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        (groups, host) => {
          const written = groups.map((each) => each.toString(16).padStart(4, "0"));
          const neighbour = [...written.slice(0, 4), ...host.map((each) => each.toString(16))].join(":");
          const isMapped = groups.slice(0, 6).join() === "0,0,0,0,0,65535";
          if (isMapped) return;
          // As the URL standard writes it: with `::` and without leading zeros.
          const short = new URL(`http://[${written.join(":")}]/`).hostname;
          expect(addressKey(short)).toBe(addressKey(written.join(":")));
          expect(addressKey(neighbour)).toBe(addressKey(short));
        },
      ),
    );
  });
});
