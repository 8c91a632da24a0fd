import { shown } from "../wire/fields.ts";
import { ProblemError } from "./problem.ts";

/** The media type of JSON. */
export const JSON_TYPE = "application/json";

/**
 * The media type of a body, if it is one of those that are taken.
 *
 * @param header that tells which are (RFC 5789, section 3.1, for a PATCH)
 * @throws ProblemError `unsupported-media-type`
 */
export function bodyType<Type extends string>(
  contentType: string | undefined,
  types: readonly Type[],
  header: "Accept-Post" | "Accept-Patch",
): Type {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  const known = types.find((each) => each === type);
  if (known !== undefined) return known;
  const detail = `The Content-Type here is ${types.join(" or ")}, not ${type ? shown(type) : "without one"}`;
  throw new ProblemError("unsupported-media-type", detail, { [header]: types.join(", ") });
}
