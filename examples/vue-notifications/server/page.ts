import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
};

/** Answers requests for the files of a folder, which it reads once: so no path leads anywhere else. */
export function loadPage(folder: URL): (req: IncomingMessage, res: ServerResponse) => boolean {
  const files = new Map<string, { type: string; bytes: Buffer }>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const type = TYPES[extname(file)];
    if (type !== undefined) files.set(`/${file}`, { type, bytes: readFileSync(new URL(file, folder)) });
  }
  return (req, res) => {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    const file = files.get(path === "/" ? "/index.html" : path);
    if (file === undefined || req.method !== "GET") return false;
    res.writeHead(200, { "Content-Type": file.type, "Content-Length": file.bytes.length });
    res.end(file.bytes);
    return true;
  };
}
