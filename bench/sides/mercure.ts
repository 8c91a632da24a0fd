import { createHmac } from "node:crypto";
import { configuredSide } from "./configured-side.ts";
import type { Side } from "./side.ts";

const key = "a key of the benchmark's, of at least 256 bits";

/** The Mercure hub (0.15 or newer), with a history of 1,000 updates in its Bolt file, open to everyone. */
export function mercure(binary: string): Side {
  return configuredSide({
    name: "mercure",
    command: (file) => [binary, "run", "--adapter", "caddyfile", "--config", file],
    configuration: (port, folder) => `{
  auto_https off
  admin off
  persist_config off
}
http://:${port} {
  bind 127.0.0.1
  mercure {
    publisher_jwt "${key}"
    subscriber_jwt "${key}"
    anonymous
    write_timeout 0s
    transport bolt {
      path ${folder}/mercure.db
      size 1000
    }
  }
}
`,
    path: "/.well-known/mercure?topic=ticks",
    publication: {
      path: "/.well-known/mercure",
      headers: { Authorization: `Bearer ${publisherToken()}`, "Content-Type": "application/x-www-form-urlencoded" },
      before: "topic=ticks&type=tick&data=",
      after: "",
    },
  });
}

function publisherToken(): string {
  const parts = [{ alg: "HS256", typ: "JWT" }, { mercure: { publish: ["*"] } }];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}
