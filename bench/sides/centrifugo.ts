import { configuredSide } from "./configured-side.ts";
import type { Side } from "./side.ts";

const key = "benchmark";
const channel = "ticks";

/** Centrifugo 6, in memory, with its one-way stream of server-sent events. That stream knows no `Last-Event-ID`. */
export function centrifugo(binary: string): Side {
  const connect = encodeURIComponent(JSON.stringify({ subs: { [channel]: {} } }));
  return configuredSide({
    name: "centrifugo",
    command: (file) => [binary, "--config", file],
    configuration: (port) =>
      JSON.stringify({
        http_server: { address: "127.0.0.1", port },
        http_api: { key },
        client: { allow_anonymous_connect_without_token: true, allowed_origins: ["*"] },
        channel: { without_namespace: { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true } },
        uni_sse: { enabled: true },
        log: { level: "error" },
      }),
    path: `/connection/uni_sse?cf_connect=${connect}`,
    publication: {
      path: "/api/publish",
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      before: `{"channel":"${channel}","data":"`,
      after: '"}',
    },
  });
}
