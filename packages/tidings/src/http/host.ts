import { ProblemError } from "./problem.ts";
import { shown } from "../wire/fields.ts";

/** The names by which a machine calls itself. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses a request that is addressed to another name. A page of another site whose name was made to point at this
 * machine (DNS rebinding) is such a one: the browser takes it for that site's own server.
 *
 * @throws ProblemError `host-not-allowed`
 */
export function checkHost(header: string | undefined, hosts: readonly string[] | undefined): void {
  if (hosts === undefined) return;
  const host = (header ?? "").toLowerCase().replace(/:\d*$/, "");
  if (hosts.includes(host)) return;
  throw new ProblemError(
    "host-not-allowed",
    `${shown(header ?? "")} is not a name of this hub; its operator can allow it (--allow-host)`,
  );
}
