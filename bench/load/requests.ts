/** Where a server's streams are. All of it is ASCII. */
export interface StreamSource {
  readonly port: number;
  /** Path and query. */
  readonly path: string;
}

/** How an event is published: one request with what stands before and after its data. All of it is ASCII. */
export interface Publication {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly before: string;
  readonly after: string;
}

/** The head of the request for a stream, without the blank line at its end: a last event id may follow. */
export function streamRequest({ port, path }: StreamSource): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: text/event-stream\r\n`;
}

/** What stands before and after the data in a request that publishes it. */
export function publicationParts(
  { path, headers, before, after }: Publication,
  dataBytes: number,
): { readonly before: string; readonly after: string } {
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${before.length + dataBytes + after.length}`,
  ];
  return { before: `${lines.join("\r\n")}\r\n\r\n${before}`, after };
}
