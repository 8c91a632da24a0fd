import * as v from "valibot";

const Problem = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ title: v.string(), detail: v.optional(v.string()), code: v.optional(v.string()) }),
);

/** What an error response says, for people: a problem's title, detail and code (RFC 9457), or else the status. */
export function problemText(status: number, body: string): string {
  const parsed = v.safeParse(Problem, body);
  if (!parsed.success) return `The server answered ${status}.`;
  const { title, detail, code } = parsed.output;
  return `${title}${detail === undefined ? "" : `: ${detail}`} (${code === undefined ? status : `${status} ${code}`})`;
}
