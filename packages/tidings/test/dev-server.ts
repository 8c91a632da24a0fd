import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";
import { createServer, type PluginOption } from "vite";

import type { CountingHub } from "./counting-hub.ts";

const root = join(import.meta.dirname, "../../..");
const sources = join(root, "packages/tidings/src");

/** A page that is served as one develops it, with hot reload, and the hub beside it. */
export interface DevServer {
  readonly url: string;
  /** A copy of the page's files, to change at will. */
  readonly folder: string;
}

/** Serves a copy of a folder until the test is over. */
export async function startDevServer(
  page: string,
  { handle }: CountingHub,
  plugins: readonly PluginOption[] = [],
): Promise<DevServer> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-page-"));
  await cp(page, folder, { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const server = await createServer({
    root: folder,
    configFile: false,
    cacheDir: join(folder, ".vite"),
    logLevel: "error",
    resolve: {
      alias: ["client", "react", "vue"].map((room) => ({
        find: `tidings/${room}`,
        replacement: join(sources, room, "index.ts"),
      })),
      dedupe: ["react", "react-dom", "vue"],
    },
    server: { host: "127.0.0.1", port: 0, fs: { strict: false }, watch: { usePolling: true, interval: 50 } },
    plugins: [
      ...plugins,
      {
        name: "hub",
        configureServer({ middlewares }) {
          middlewares.use((req, res, next) => {
            if (/^\/(events|publish)\b/.test(req.url ?? "")) handle(req, res);
            else next();
          });
        },
      },
    ],
  });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("the server of the page has no address");
  return { url, folder };
}
