import { readRetryAfter } from "@convergint/internal/retry-after";
import { type Dispatcher, request } from "undici";
import { type Clock, startTimeout } from "../clock.ts";
import type { Outcome } from "../rules/outcome.ts";
import { CONNECT_SECONDS, DestinationRefusedError } from "./guarded-agent.ts";

/** One attempt as it goes over the wire: signed, and never the same twice. */
export interface SignedRequest {
  readonly url: string;
  /** `content-type`, `user-agent` and the three of the signature, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts a request; what is wrong with the receiver is an outcome and not an error. */
export type Post = (request: SignedRequest) => Promise<Outcome>;

/** Stands around the posting of each attempt: it may change the request, and answer in the receiver's place. */
export type Send = (request: SignedRequest, post: Post) => Promise<Outcome>;

/** Where nobody stands around it. */
export const sendAsItIs: Send = (request, post) => post(request);

/** How a request is posted. */
export interface PostOptions {
  readonly timeoutSeconds: number;
  /** Ends the post without outcome. */
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** Enough to let the connection be used again; no vendor needs a receiver's words. */
const MOST_ANSWER_BYTES = 64 * 1024;
const ANSWER_BODY_MS = 1_000;

/**
 * Posts and waits for the answer. Redirects are not followed.
 *
 * @throws the signal's reason where it was aborted
 */
export async function postThrough(
  dispatcher: Dispatcher,
  { url, headers, body }: SignedRequest,
  { timeoutSeconds, signal, clock }: PostOptions,
): Promise<Outcome> {
  // Connecting is not waiting for an answer.
  const timeout = startTimeout(clock, (Math.min(CONNECT_SECONDS, timeoutSeconds) + timeoutSeconds) * 1000);
  try {
    const answer = await request(url, {
      dispatcher,
      method: "POST",
      headers,
      body,
      signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
    });
    // The status has said it all: what goes wrong from here on changes nothing.
    const enough = AbortSignal.timeout(ANSWER_BODY_MS);
    await answer.body.dump({ limit: MOST_ANSWER_BYTES, signal: enough }).catch(() => {});
    const retryAfter = answer.headers["retry-after"];
    const retryAfterSeconds = readRetryAfter(
      Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      clock.now(),
    );
    return {
      kind: "answered",
      status: answer.statusCode,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    return failure(error, timeout.signal.aborted);
  } finally {
    timeout.cancel();
  }
}

/** What keeps an attempt from being answered, as its outcome. */
export function failure(error: unknown, timedOut: boolean): Outcome {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = code ?? message;
  if (error instanceof DestinationRefusedError)
    return { kind: "failed", reason: "destination_refused", detail: message };
  const isTimeout = timedOut || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT";
  return {
    kind: "failed",
    reason: isTimeout ? "timeout" : "unreachable",
    detail: isTimeout ? "no answer in time" : detail,
  };
}
