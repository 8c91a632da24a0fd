import { describe, expect, test } from "vitest";

import { run } from "./command.ts";

const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["--port", "65536"], /from 1 to 65535/],
  [["--port", "http"], /from 1 to 65535/],
  [["--port", "-1"], /from 1 to 65535/],
  [["--host", "http://localhost"], /address or a name without a port/],
  [["--log", "redis"], /memory, or lmdb: and its folder, such as lmdb:\.tidings/],
  [["--log", "lmdb:"], /memory, or lmdb: and its folder/],
  [["--durability", "none"], /Allowed choices are fsync, commit/],
  [["--workers", "0"], /from 1 to 512, or auto/],
  [["--workers", "all"], /from 1 to 512, or auto/],
  [["--max-events", "0"], /whole number of 1 or more/],
  [["--max-events", "1e3"], /whole number of 1 or more/],
  [["--max-age", "1 week"], /such as 15s or 1h/],
  [["--max-bytes", "64M"], /such as 512KiB, 64MiB or 1GB/],
  [["--max-bytes", "0"], /such as 512KiB, 64MiB or 1GB/],
  [["--heartbeat", "15"], /such as 15s or 1h/],
  [["--heartbeat", "1ms"], /from 100ms to 1d/],
  [["--drain", "99d"], /up to 24 days/],
  [["--origin", "*"], /There is no wildcard/],
  [["--origin", "https://*.example.com"], /There is no wildcard/],
  [["--origin", "https://a.example/"], /without a path.*Perhaps https:\/\/a\.example was meant/],
  [["--origin", "https://a.example/app"], /Perhaps https:\/\/a\.example was meant/],
  [["--origin", "https://A.example:443"], /Perhaps https:\/\/a\.example was meant/],
  [["--origin", "a.example"], /scheme and a host/],
  [["--origin", "null"], /scheme and a host/],
  [["--allow-host", "hub.example.com:3000"], /without a scheme, a port/],
  [["--allow-host", "*.example.com"], /without a scheme, a port/],
  [["--max-connections", "0"], /whole number of 1 or more/],
  [["--max-connections-per-address", "some"], /whole number of 1 or more/],
  [["--max-topics", "0"], /whole number of 1 or more/],
  [["--max-event-bytes", "64k"], /such as 512KiB, 64MiB or 1GB/],
  [["--publish-rate", "0"], /100, or 100:500/],
  [["--publish-rate", "10:"], /100, or 100:500/],
  [["--publish-rate", "10:0"], /100, or 100:500/],
  [["--max-lifetime", "10ms"], /from 1s to 30d/],
  [["--stall", "30"], /from 100ms to 24 days/],
  [["--buffer-budget", "0"], /such as 512KiB, 64MiB or 1GB/],
  [["--replays", "0"], /whole number of 1 or more/],
  [["--shed-delay", "1m"], /from 5ms to 5s, or off/],
  [["--trusted-proxies", "-1"], /from 0 to 32/],
  [["--trusted-proxies", "33"], /from 0 to 32/],
  [["--log-level", "loud"], /Allowed choices are silent, error, warn, info, debug/],
  [["--prot", "1"], /unknown option '--prot'/],
  [["extra"], /too many arguments/],
];

describe("tidings serve refuses, and says what would be right, for", () => {
  test.each(refused)("%j", async (args, message) => {
    const { code, stdout, stderr } = await run(["serve", ...args]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).toContain("See tidings serve --help.");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    [{ TIDINGS_PORT: "x" }, /'TIDINGS_PORT' is invalid/],
    [{ TIDINGS_PORT: "tcp://10.0.0.7:3000" }, /Kubernetes.*enableServiceLinks/],
    [{ TIDINGS_ORIGIN: "https://a.example,*" }, /'TIDINGS_ORIGIN' is invalid/],
    [{ TIDINGS_ANONYMOUS: "maybe" }, /TIDINGS_ANONYMOUS must be true or false, not "maybe"/],
  ])("%j", async (env, message) => {
    const { code, stderr } = await run(["serve"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

test("the help of serve names every option with its default and its variable", async () => {
  const { code, stdout } = await run(["serve", "--help"]);
  expect(code).toBe(0);
  const text = stdout.replace(/\s+/g, " ");
  const defaults = {
    host: "127.0.0.1",
    port: "3000",
    log: "lmdb:.tidings",
    durability: undefined,
    "max-events": undefined,
    "max-age": undefined,
    "max-bytes": undefined,
    workers: "1",
    heartbeat: "15s",
    drain: "10s",
    "max-connections": undefined,
    "max-connections-per-address": undefined,
    "max-topics": "100",
    "max-event-bytes": "64KiB",
    "publish-rate": undefined,
    "max-lifetime": undefined,
    stall: "30s",
    "buffer-budget": "256MiB",
    replays: "32",
    "shed-delay": "250ms",
    "trusted-proxies": "0",
    origin: "none",
    "allow-host": "none",
    compress: undefined,
    anonymous: undefined,
    demo: undefined,
  };
  for (const [name, value] of Object.entries(defaults)) {
    const variable = `env: TIDINGS_${name.toUpperCase().replaceAll("-", "_")}`;
    expect(text).toContain(value === undefined ? `${variable})` : `default: ${value}, ${variable})`);
    expect(text).toContain(`--${name} `);
  }
  expect(text).toContain("Examples:");
});

describe("tidings serve with a log in memory refuses, and says what to run, for", () => {
  test.each([
    [["--workers", "2"], /^error: A log in memory belongs to one process.*Run: tidings serve --workers 2, .*\n$/],
    [["--durability", "commit"], /^error: A log in memory does not outlive the process.*Leave out --durability.*\n$/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await run(["serve", "--log", "memory", ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

test.each([[[]], [["publish"]], [["tail"]]])("tidings %j --help shows examples", async (command) => {
  const { code, stdout } = await run([...command, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:");
});

test("an unknown command is refused with the way to the help", async () => {
  const { code, stderr } = await run(["sreve"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/unknown command 'sreve'[^]*See tidings --help/);
});

test("--version prints the version", async () => {
  expect(await run(["--version"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
});
