import type { ConnectOptions } from "./options.ts";
import type { Tidings } from "./tidings.ts";

/**
 * Many topics on one connection, which all tabs share. Nothing is connected before the first topic is asked for, and the
 * connection is closed when the last one is given up.
 *
 * @throws ClientError `bad-option` for a URL that is not one
 */
export declare function connect<Events = Record<string, unknown>>(
  url: string | URL,
  options?: ConnectOptions,
): Tidings<Events>;
