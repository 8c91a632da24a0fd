import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Program } from "../processes/program.ts";
import { configuredSide } from "./configured-side.ts";
import type { Side } from "./side.ts";

/** Where Debian's libnginx-mod-nchan puts it. */
const nchanModule = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/**
 * nchan, as Debian packages it: one worker, the channel in its memory with a history of 1,000 messages, no access log.
 * nginx makes room for all connections that it allows at its start.
 */
export const nchan: Side = configuredSide({
  name: "nchan",
  command: (file, folder) => ["nginx", "-p", folder, "-c", file],
  configuration,
  path: "/events",
  publication: { path: "/publish", headers: { "X-EventSource-Event": "tick" }, before: "", after: "" },
  pids: async (nginx) => [await workerOf(nginx)],
  subscribers: activeSubscribers,
});

function configuration(port: number, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`);
  return `load_module ${nchanModule};
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
daemon off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  ${temporary.join(" ")}
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish {
      nchan_publisher;
      nchan_channel_id ticks;
      nchan_message_buffer_length 1000;
      nchan_message_timeout 1h;
    }
    location = /events {
      nchan_subscriber eventsource;
      nchan_channel_id ticks;
      nchan_subscriber_first_message newest;
    }
  }
}
`;
}

async function activeSubscribers(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/publish`, { headers: { Accept: "application/json" } });
  if (answer.status === 404) return 0;
  return ((await answer.json()) as { subscribers: number }).subscribers;
}

/** The one worker's process; it may be some milliseconds younger than the port. */
async function workerOf(nginx: Program): Promise<number> {
  const children = `/proc/${nginx.pid}/task/${nginx.pid}/children`;
  for (;;) {
    const [worker] = readFileSync(children, "utf8").split(" ");
    if (worker !== undefined && worker !== "") return Number(worker);
    await pause(5);
  }
}
