import * as v from "valibot";

import { Failure, reasonOf, systemCode } from "../failure.ts";
import { hubUrl } from "../hub-url.ts";
import { problemText } from "../problem-text.ts";
import { readInput } from "./input.ts";

/** What `tidings publish` was told. */
export interface PublishSettings {
  readonly url: URL;
  readonly event?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const Published = v.looseObject({ id: v.string() });

/** How long to wait for an answer, in ms. */
const PATIENCE = 30_000;

/**
 * Publishes one event and prints its id, or the whole answer.
 *
 * @throws Failure if the hub refused it, or if it cannot be said whether the hub has it
 */
export async function publish(topic: string, data: string, { url, event, key, json }: PublishSettings): Promise<void> {
  const text = data === "-" ? await readInput(process.stdin) : data;
  // A string is what the hub passes on as it is; anything else it would take for a value to be written as JSON.
  const body = JSON.stringify({ topic, event, data: text, idempotencyKey: key });
  const answer = await post(hubUrl(url, "publish"), body, key !== undefined);
  process.stdout.write(`${json === true ? JSON.stringify(answer) : answer.id}\n`);
}

async function post(url: URL, body: string, keyed: boolean): Promise<v.InferOutput<typeof Published>> {
  let response: Response;
  let text: string;
  try {
    const headers = { "Content-Type": "application/json", Accept: "application/json, application/problem+json" };
    response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE) });
    text = await response.text();
  } catch (error) {
    throw new Failure(unreachable(error, url, keyed), { cause: error });
  }
  if (response.status >= 500) throw new Failure(`${problemText(response.status, text)} ${unknownOutcome(keyed)}`);
  if (!response.ok) throw new Failure(`Not published. ${problemText(response.status, text)}`);
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), Published), text);
  if (!answer.success)
    throw new Failure(`What answers at ${url.origin} is no hub: it sent no id. ${unknownOutcome(keyed)}`);
  return answer.output;
}

function unreachable(error: unknown, url: URL, keyed: boolean): string {
  switch (systemCode(error)) {
    case "ECONNREFUSED":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "UND_ERR_CONNECT_TIMEOUT":
      return `No hub answers at ${url.origin}. Start one with: tidings serve. Or say where it is with --url.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host ${url.hostname} is not known. Say where the hub is with --url.`;
    default:
      // What fetch says of the ports that the Fetch standard blocks, in browsers too.
      if (reasonOf(error) === "bad port") return `Port ${url.port} is one that no browser connects to: use another.`;
      return `No answer from ${url.origin}: ${reasonOf(error)}. ${unknownOutcome(keyed)}`;
  }
}

function unknownOutcome(keyed: boolean): string {
  return keyed
    ? "Whether it was published is unknown; publish it again with the same --key, and it is not published twice."
    : "Whether it was published is unknown; with a --key it is safe to publish again.";
}
