import { HubError } from "../hub/error.ts";
import type { Snapshot } from "../hub/snapshot.ts";
import type { Engine } from "../hub/engine.ts";
import { lastOf, policyOf, type From, type Policy, type Subscription } from "../hub/subscription.ts";
import { checkOrigins } from "./stream-head.ts";
import { queryOf } from "./target.ts";

/** What an embedder decides about a stream. The client decides where it resumes. */
export interface StreamOptions {
  /** The topics and patterns that this client gets. Never taken from the request by the hub. */
  readonly topics: readonly string[];
  /** The id that the client received last, where neither `Last-Event-ID` nor the query brings it, as in a POST. */
  readonly lastEventId?: string | undefined;
  /** Where a client without a cursor begins. `now` by default, or what `from` in the query says. */
  readonly from?: From | undefined;
  /** Sent before the events, and again after a gap or a reset. */
  readonly snapshot?: Snapshot | undefined;
  /** What happens when the client does not keep up. `reliable` by default, or what `policy` in the query says. */
  readonly policy?: Policy | undefined;
  /** How the client names itself: `tidings/<version>`. By default what `client` in the query says. */
  readonly client?: string | undefined;
  /**
   * Tells the stream's name to clients that name themselves, in the opening frame. Who has it may change what the stream
   * brings, if you let him: see `Hub.change`. Off by default.
   */
  readonly changes?: boolean | undefined;
  /** Origins whose pages may read the stream from another site, with credentials. None by default. */
  readonly origins?: readonly string[] | undefined;
  /**
   * Compresses the stream for clients that take gzip. Off by default, and not for streams that mix a secret with text
   * that somebody else may choose: their length would tell. Needs Node, Bun or Deno; elsewhere nothing is compressed.
   */
  readonly compress?: boolean | undefined;
  /**
   * The client's address, which limits per address count by. By default, for `hub.serve`, the one at the other end of
   * the connection; behind a proxy that is the proxy's. For `hub.fetch` none: then it is not counted. Only what you can
   * trust: a client that could choose it has no limit.
   */
  readonly address?: string | undefined;
  /** Who the client is, by your own authentication: what limits per principal count by. */
  readonly principal?: string | undefined;
  /** Ends the stream when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Where the client wants to resume or to begin, and what is to happen when it does not keep up; and whether it is ours. */
export interface Resume {
  readonly cursor: string | undefined;
  readonly from: string | undefined;
  readonly policy: Policy;
  readonly isOurs: boolean;
}

/** How a client of ours names itself. It can live with a status that a native `EventSource` dies of. */
const OURS = /^tidings\/[\w.+-]+$/;

/**
 * Reads where a client wants to resume: the header beats the query, and that the option. An empty one is none. What the
 * embedder has decided is not looked for.
 *
 * @throws HubError `bad-from`, `bad-policy`
 */
export function readResume(options: StreamOptions, header: string | null | undefined, target: string): Resume {
  const query = queryOf(target);
  const isDecided = options.from !== undefined || options.snapshot !== undefined;
  const from = isDecided ? undefined : (query.get("from") ?? undefined);
  lastOf(from);
  const policy = policyOf(options.policy ?? query.get("policy") ?? undefined);
  const isOurs = OURS.test(options.client ?? query.get("client") ?? "");
  return { cursor: header || query.get("lastEventId") || options.lastEventId || undefined, from, policy, isOurs };
}

/**
 * Checks that an embedder said which topics a stream is of, and which origins may read it.
 *
 * @throws HubError `bad-option`
 */
export function checkStreamOptions(options: StreamOptions | undefined): asserts options is StreamOptions {
  if (!Array.isArray(options?.topics)) {
    throw new HubError("bad-option", 'A stream needs topics: hub.serve(req, res, { topics: ["orders/42"] })');
  }
  checkOrigins(options.origins ?? []);
}

/**
 * The subscription of a stream.
 *
 * @throws HubError `bad-topic`, `too-many-topics`, `bad-from`
 */
export function streamSubscription(engine: Engine, options: StreamOptions, resume: Resume): Subscription {
  const { topics, snapshot } = options;
  const { cursor, policy } = resume;
  const named = options.changes === true && resume.isOurs;
  return engine.subscription({ topics, snapshot, cursor, policy, named, from: options.from ?? resume.from });
}
