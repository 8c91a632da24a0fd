// Installs what `npm start` needs, with --bench what `npm run bench` needs, and with --tests what `npm test` needs, where
// it is missing; a quick look and no word where it is not. Plain JavaScript without dependencies: it runs before anything is installed, on any Node from 20 on.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { installPackages } from "./setup/packages.mjs";
import { installPrograms } from "./setup/programs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

try {
  installPackages(root, { what: "the packages (about a minute, once)", executables: ["node/bin/node"] });
  if (process.argv.includes("--bench") || process.argv.includes("--tests")) {
    installPrograms("the benchmark", [
      { aptPackage: "gcc", names: ["cc"] },
      { aptPackage: "libc6-dev", names: ["/usr/include/stdio.h"] },
      { aptPackage: "nginx", names: ["nginx"] },
      { aptPackage: "libnginx-mod-nchan", names: ["/usr/lib/nginx/modules/ngx_nchan_module.so"] },
    ]);
  }
  if (process.argv.includes("--tests")) {
    installPrograms("the tests", [
      { aptPackage: "chromium", names: ["chromium", "chromium-browser", "google-chrome"] },
      { aptPackage: "firefox-esr", names: ["firefox-esr", "firefox"] },
      { aptPackage: "curl", names: ["curl"] },
      { aptPackage: "iproute2", names: ["ip"] },
    ]);
    installPackages(join(root, "test", "runtimes"), {
      what: "Node 22, Node 26, Bun and Deno for the runtime tests",
      executables: ["node-22/bin/node", "node-26/bin/node"],
    });
  }
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
