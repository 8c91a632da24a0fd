import { shown } from "../wire/fields.ts";
import { HubError } from "./error.ts";

/**
 * Checks an option that counts something.
 *
 * @param what names the option in the error
 * @throws HubError `bad-option` if it is not a whole number of at least 1
 */
export function atLeastOne(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new HubError("bad-option", `${what} must be a whole number of at least 1, not ${shown(value)}`);
}
