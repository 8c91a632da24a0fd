import { concat } from "../hub/bytes.ts";
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
    if (req.readableEnded) throw new Error("The body was read already: the front stands before body parsers");
    const chunks: Uint8Array[] = [];
    let length = 0;
    req.on("data", (chunk) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (length > limit * READ_ON) reject(tooLarge(limit));
    });
    req.on("end", () => (length > limit ? reject(tooLarge(limit)) : resolve(concat(chunks))));
    req.on("error", () => reject(cut()));
    req.on("close", () => reject(cut()));
  });
}

/** The body of a `Request`. As `readNodeBody`. */
export async function readFetchBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.bodyUsed) throw new Error("The body was read already: the front stands before body parsers");
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (length > limit * READ_ON) break;
    }
  } catch {
    throw cut();
  }
  if (length > limit) throw tooLarge(limit);
  return concat(chunks);
}

function cut(): ProblemError {
  return new ProblemError("malformed", "The body was cut");
}

function tooLarge(limit: number): ProblemError {
  return new ProblemError("body-too-large", `A body has at most ${limit} bytes`, { Connection: "close" });
}
