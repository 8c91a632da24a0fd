import type { NodeRequest } from "./node-types.ts";
import { ProblemError } from "./problem.ts";

// A client that is told of its error only after it has sent everything should hear it, unless it sends without end.
const READ_ON = 8;

/**
 * The body of a request of Node's.
 *
 * @param limit in bytes
 * @throws ProblemError `body-too-large`, or `malformed` if the client went away inside it
 */
export function readNodeBody(req: NodeRequest, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    req.on("data", (chunk) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (length > limit * READ_ON) reject(tooLarge(limit));
    });
    req.on("end", () => (length > limit ? reject(tooLarge(limit)) : resolve(joined(chunks, length))));
    const cut = (): void => reject(new ProblemError("malformed", "The body was cut"));
    req.on("error", cut);
    req.on("close", cut);
  });
}

/** The body of a `Request`. As `readNodeBody`. */
export async function readFetchBody(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

function tooLarge(limit: number): ProblemError {
  return new ProblemError("body-too-large", `A body has at most ${limit} bytes`, { Connection: "close" });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
