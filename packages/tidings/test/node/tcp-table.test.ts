import { describe, expect, test } from "vitest";

import { isIPv6Key, tcpKey } from "../../src/node/tcp-key.ts";
import { readRows, type TcpRow } from "../../src/node/tcp-table.ts";

// As Linux 6.18 wrote them, on a little-endian machine.
const IPV4 = `\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5583022 1 00000000a8b6272b 100 0 0 10 0                   
   1: 0100007F:0BB8 0100007F:A4DE 01 00000000:0001FBE5 00:00000000 00000000     0        0 5583124 1 0000000064bc844d 20 8 0 10 -1                   
   2: 0100007F:A4DE 0100007F:0BB8 01 0038D286:00000000 04:00000002 00000000     0        1 5583121 2 00000000262500a3 20 0 0 17 -1                   
   3: 01004D0A:0BB8 03004D0A:A78B 01 00000030:00000000 01:00000089 00000003     0        0 5583122 2 0000000001917cec 1600 0 0 1 7                   
   4: 0100007F:0BB8 0100007F:B00E 06 00000000:00000000 03:00000F2B 00000000     0        0 0 3 00000000d3f1a8a1                                      
`;
const IPV6 = `\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0BB9 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5583023 1 000000004c6df417 100 0 0 10 0
   1: 00000000000000000000000001000000:0BB9 00000000000000000000000001000000:E214 01 00000000:00000000 00:00000000 00000000     0        0 5583126 1 000000007c72c3e2 20 0 0 10 -1
10002: 0000000000000000FFFF00000100007F:0BB9 0000000000000000FFFF00000100007F:CB6C 04 00001000:00000000 01:00000012 00000001     0        0 5583125 1 00000000d47e11f4 20 0 0 10 -1
   3: 00000000000000000000000001000000:E214 00000000000000000000000001000000:0BB9 01 00000000:00000000 00:00000000 00000000     0        0 5583123 1 00000000d5cd448a 20 0 0 10 -1
`;

type Found = [key: string, row: TcpRow];

function read(text: string, digits: 8 | 32, ports: readonly number[]): { found: Found[]; used: number } {
  const found: Found[] = [];
  const bytes = Buffer.from(text, "latin1");
  const used = readRows(bytes, bytes.length, digits, new Set(ports), (key, row) => found.push([key, { ...row }]));
  return { found, used };
}

describe("the rows of the table", () => {
  test("of the ports asked for are read, but for those that listen or are over", () => {
    const { found, used } = read(IPV4, 8, [3_000, 1]);
    expect(found).toEqual([
      ["0100007F:0BB8 0100007F:A4DE", { queued: 0, timer: 0, retransmits: 0 }],
      ["01004D0A:0BB8 03004D0A:A78B", { queued: 48, timer: 1, retransmits: 3 }],
    ]);
    expect(used).toBe(IPV4.length);
    expect(read(IPV4, 8, [0xa4de]).found).toEqual([
      ["0100007F:A4DE 0100007F:0BB8", { queued: 3_723_910, timer: 4, retransmits: 0 }],
    ]);
    expect(read(IPV4, 8, []).found).toEqual([]);
  });

  test("of IPv6 are read, those of IPv4 clients among them", () => {
    expect(read(IPV6, 32, [3_001]).found).toEqual([
      ["00000000000000000000000001000000:0BB9 00000000000000000000000001000000:E214", expect.anything()],
      [
        "0000000000000000FFFF00000100007F:0BB9 0000000000000000FFFF00000100007F:CB6C",
        { queued: 4_096, timer: 1, retransmits: 1 },
      ],
    ]);
  });

  test("may be cut anywhere: the rest is left for the next page", () => {
    for (const [text, digits, port] of [
      [IPV4, 8, 3_000],
      [IPV6, 32, 3_001],
    ] as const) {
      const whole = read(text, digits, [port]).found;
      for (let cut = 0; cut <= text.length; cut++) {
        const first = read(text.slice(0, cut), digits, [port]);
        const second = read(text.slice(first.used), digits, [port]);
        expect([...first.found, ...second.found]).toEqual(whole);
      }
    }
  });

  test("that are none are passed over", () => {
    const [, , row = ""] = IPV4.split("\n");
    const odd = ["", " ", ":", "1:", row.slice(0, 60), row.slice(5), row.replaceAll(":", "."), "\0"];
    for (const line of odd) expect(read(`${line}\n${row}\n`, 8, [3_000, 0]).found.length).toBe(1);
    // A row of the other table.
    expect(read(IPV6, 8, [3_001]).found).toEqual([]);
    expect(read(IPV4, 32, [3_000]).found).toEqual([]);
  });

  test("may have a timer that fires late", () => {
    const late = IPV4.replace("01:00000089", "01:1000000089");
    expect(read(late, 8, [3_000]).found).toEqual(read(IPV4, 8, [3_000]).found);
  });

  test("are 10,000 read in a few milliseconds", () => {
    const [, , row = ""] = IPV4.split("\n");
    const text = `${row}\n`.repeat(10_000);
    const begun = process.cpuUsage();
    expect(read(text, 8, [3_000]).found.length).toBe(10_000);
    const { user, system } = process.cpuUsage(begun);
    // Ten times what it takes when nothing else runs.
    expect(user + system).toBeLessThan(100_000);
  });
});

describe("the key of a socket", () => {
  const ends = { localPort: 3_001, remotePort: 0xe214 };
  test.each([
    ["127.0.0.1", "10.77.0.3", "0100007F:0BB9 03004D0A:E214"],
    ["::1", "::1", "00000000000000000000000001000000:0BB9 00000000000000000000000001000000:E214"],
    [
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "0000000000000000FFFF00000100007F:0BB9 0000000000000000FFFF00000100007F:E214",
    ],
    ["fd77::1", "fe80::1:2%eth0", "000077FD000000000000000001000000:0BB9 000080FE000000000000000002000100:E214"],
    ["1:2:3:4:5:6:7:8", "1::", "02000100040003000600050008000700:0BB9 00000100000000000000000000000000:E214"],
  ])("is as the table has it: %s, %s", (localAddress, remoteAddress, key) => {
    expect(tcpKey({ ...ends, localAddress, remoteAddress })).toBe(key);
    expect(isIPv6Key(key)).toBe(localAddress.includes(":"));
  });

  test.each([
    [undefined, undefined],
    ["127.0.0.1", undefined],
    ["127.0.0.1", "::1"],
    ["127.0.0.1", "127.0.0"],
    ["127.0.0.1", "127.0.0.256"],
    ["::1", "1:2:3:4:5:6:7"],
    ["::1", "1:2:3:4:5:6:7:8:9"],
    ["::1", "::x"],
    ["::1", "12345::"],
    ["/run/socket", ""],
  ])("is none for %s, %s", (localAddress, remoteAddress) => {
    expect(tcpKey({ ...ends, localAddress, remoteAddress })).toBeUndefined();
  });

  test("is none without a port, as for a socket of another kind or one that is gone", () => {
    const address = "127.0.0.1";
    expect(tcpKey({ localAddress: address, remoteAddress: address, localPort: 3_000 })).toBeUndefined();
    expect(tcpKey({ localAddress: address, remoteAddress: address, remotePort: 3_000 })).toBeUndefined();
    expect(tcpKey({})).toBeUndefined();
  });
});
