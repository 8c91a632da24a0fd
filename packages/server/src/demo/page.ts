import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { problem } from "tidings/http";

import { sendProblem } from "../send-problem.ts";
import { packageFolder } from "./installation.ts";

/** The page's files. */
export interface Page {
  /** Answers GET and HEAD for a path that is one of the page's. False, with nothing written, for any other path. */
  serve(path: string, req: IncomingMessage, res: ServerResponse): boolean;
}

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
  plain: "text/plain; charset=utf-8",
};

/** Where the page's modules find the client, which they import by its name: browsers know no packages. */
const CLIENT = "/demo/tidings/client/index.js";

/** Nothing from elsewhere, nothing inline, no text that becomes markup or code. */
const SECURITY: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Reads the page's files into memory, once. A request can only name one of these, so no path leads anywhere else.
 *
 * @throws Error if a file is missing: the package has to be built first
 */
export function loadPage(): Page {
  const files = new Map<string, PageFile>();
  const sources = join(packageFolder, "demo");
  const add = (path: string, type: string, file: string): void => {
    const bytes = type === TYPES.js ? module(file) : readFileSync(file);
    files.set(path, { type, bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` });
  };
  const addAll = (path: string, type: string, folder: string, ending: string): void => {
    for (const name of readdirSync(folder)) if (name.endsWith(ending)) add(path + name, type, join(folder, name));
  };
  add("/", TYPES.html, join(sources, "index.html"));
  add("/demo/icon.svg", TYPES.svg, join(sources, "icon.svg"));
  for (const font of ["inter", "jetbrains-mono"]) {
    add(`/demo/fonts/${font}-latin.woff2`, TYPES.woff2, join(sources, "fonts", `${font}-latin.woff2`));
    add(`/demo/fonts/${font}-OFL.txt`, TYPES.plain, join(sources, "fonts", `${font}-OFL.txt`));
  }
  addAll("/demo/css/", TYPES.css, join(sources, "css"), ".css");
  addAll("/demo/page/", TYPES.js, join(packageFolder, "dist", "page"), ".js");
  const library = join(dirname(fileURLToPath(import.meta.resolve("tidings/client"))), "..");
  for (const file of readdirSync(library, { recursive: true, encoding: "utf8" })) {
    if (/^(client|wire)[\\/].*\.js$/.test(file))
      add(`/demo/tidings/${file.replaceAll("\\", "/")}`, TYPES.js, join(library, file));
  }
  return {
    serve(path, req, res) {
      const file = files.get(path);
      if (file === undefined) return false;
      send(file, req, res);
      return true;
    },
  };
}

function module(file: string): Buffer {
  return Buffer.from(readFileSync(file, "utf8").replaceAll('"tidings/client"', `"${CLIENT}"`));
}

function send(file: PageFile, req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== "GET" && req.method !== "HEAD") {
    const refused = problem("method-not-allowed", "This is a page: ask for it with GET.");
    sendProblem(res, refused, { Allow: "GET, HEAD" });
    return;
  }
  for (const [name, value] of Object.entries(SECURITY)) res.setHeader(name, value);
  res.setHeader("ETag", file.etag);
  res.setHeader("Cache-Control", "no-cache");
  if (req.headers["if-none-match"]?.split(/\s*,\s*/).includes(file.etag) === true) {
    res.writeHead(304).end();
    return;
  }
  res.writeHead(200, { "Content-Type": file.type, "Content-Length": file.bytes.length });
  res.end(req.method === "HEAD" ? undefined : file.bytes);
}
