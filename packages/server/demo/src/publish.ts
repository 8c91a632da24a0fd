/** What `POST /publish` takes. */
export interface Publication {
  readonly topic: string;
  readonly event: string;
  readonly data: unknown;
  readonly idempotencyKey?: string;
}

/** How it went: undefined when it was appended, else what to tell the user. */
export type Failure = string | undefined;

/** Publishes an event through the hub's own front, as any program would. */
export async function publish(publication: Publication): Promise<Failure> {
  return post("/publish", publication);
}

/** Sends a POST to this server. */
export async function post(path: string, body?: unknown): Promise<Failure> {
  try {
    const response = await fetch(path, {
      method: "POST",
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    if (!response.ok) return await detailOf(response);
    // A body that nobody reads keeps its connection, and a browser has six of them for a host.
    await response.text();
    return undefined;
  } catch {
    return "The hub could not be reached. Is it running? Try again when the line is back.";
  }
}

/** The text of problem details (RFC 9457), or at least the status. */
async function detailOf(response: Response): Promise<string> {
  try {
    const { detail } = (await response.json()) as { detail?: unknown };
    if (typeof detail === "string") return detail;
  } catch {
    // Not JSON: something between the page and the hub answered.
  }
  return `The answer was ${response.status} ${response.statusText}`.trim();
}
