import { expect, test } from "vitest";

import { acceptsGzip } from "../../src/http/accept-encoding.ts";

test.for([
  ["gzip", true],
  ["gzip, deflate, br, zstd", true],
  ["br,\tGZIP ;q=0.1", true],
  ["x-gzip", true],
  ["*", true],
  ["*;q=0.001", true],
  ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
  ["gzip;q=1, *;q=0", true],
  ["identity;q=0, *", true],
  ["gzip, identity", true],
  ["identity;q=0.5, gzip;q=0.5", true],
  ["gzip;q=1.000", true],
  [", ,gzip,", true],
  ["gzip;q=high, *", true],
  [undefined, false],
  ["", false],
  ["identity", false],
  ["br, deflate", false],
  ["gzip;q=0", false],
  ["gzip;q=0.000", false],
  ["gzip; q=0, *", false],
  ["*;q=0", false],
  ["br, *;q=0", false],
  ["gzip;q=0.5, identity;q=0.6", false],
  ["gzip;q=0.4, *;q=0.5", false],
  ["gzip, gzip;q=0", false],
  ["gzip, x-gzip;q=0", false],
  ["gzip;q=2", false],
  ["gzip;q=-1", false],
  ["gzip;q=0.5.5", false],
  ["gzip q=1", false],
  ["gzipped", false],
] as const)("%j: gzip is %s", ([header, accepted]) => {
  expect(acceptsGzip(header)).toBe(accepted);
});
