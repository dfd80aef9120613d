import { CONNECT_SECONDS } from "@convergint/internal/guarded-agent";
import { DestinationRefusedError } from "@convergint/internal/outgoing-policy";
import { ProxyError } from "@convergint/internal/proxy";
import { readRetryAfter } from "@convergint/internal/retry-after";
import { type Dispatcher, request } from "undici";
import { type Clock, startTimeout } from "../clock.ts";
import type { Outcome } from "../rules/outcome.ts";

/** The signed request of one attempt. */
export interface SignedRequest {
  readonly url: string;
  /** `content-type`, `user-agent` and the three headers of the signature, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts a request; a failure of the receiver is an outcome, not an error. */
export type Post = (request: SignedRequest) => Promise<Outcome>;

/**
 * Wraps the posting of each attempt: it may change the request, or
 * return an outcome without calling the receiver.
 */
export type Send = (request: SignedRequest, post: Post) => Promise<Outcome>;

/** Posts without a hook. */
export const sendUnchanged: Send = (request, post) => post(request);

/** Options of a post. */
export interface PostOptions {
  readonly timeoutSeconds: number;
  /** Aborts the post. An aborted post has no outcome. */
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** Creates a dispatcher that calls back when it begins to send a request: from then on, the receiver can respond. */
const notifySending = (dispatcher: Dispatcher, onSending: () => void): Dispatcher =>
  dispatcher.compose((dispatch) => (options, handler) => {
    const begin = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (...args) => {
      onSending();
      begin?.(...args);
    };
    return dispatch(options, handler);
  });

/** The body is read only so that the connection can be reused; its content is not needed. */
const MAX_RESPONSE_BYTES = 64 * 1024;
const RESPONSE_BODY_MS = 1_000;

/**
 * Posts and waits for the response. Redirects are not followed.
 *
 * @throws the signal's reason if the signal is aborted
 */
export async function postThrough(
  dispatcher: Dispatcher,
  { url, headers, body }: SignedRequest,
  { timeoutSeconds, signal, clock }: PostOptions,
): Promise<Outcome> {
  const responseMs = timeoutSeconds * 1000;
  // Connecting has its own limit, so that the receiver always gets its whole time.
  const timeout = startTimeout(clock, Math.min(CONNECT_SECONDS * 1000, responseMs) + responseMs);
  try {
    const response = await request(url, {
      dispatcher: notifySending(dispatcher, () => timeout.restart(responseMs)),
      method: "POST",
      headers,
      body,
      signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
    });
    // The status decides the outcome. An error while the body is read does not change the outcome.
    const enough = AbortSignal.timeout(RESPONSE_BODY_MS);
    await response.body.dump({ limit: MAX_RESPONSE_BYTES, signal: enough }).catch(() => {});
    const retryAfter = response.headers["retry-after"];
    const retryAfterSeconds = readRetryAfter(
      Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      clock.now(),
    );
    return {
      kind: "answered",
      status: response.statusCode,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    return toFailure(error, timeout.signal.aborted);
  } finally {
    timeout.cancel();
  }
}

/** Converts the error of an attempt that got no response to an outcome. */
export function toFailure(error: unknown, timedOut: boolean): Outcome {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = code ?? message;
  if (error instanceof DestinationRefusedError)
    return { kind: "failed", reason: "destination_refused", detail: message };
  if (error instanceof ProxyError) return { kind: "failed", reason: "unreachable", detail: message };
  const isTimeout = timedOut || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT";
  return {
    kind: "failed",
    reason: isTimeout ? "timeout" : "unreachable",
    detail: isTimeout ? "no answer in time" : detail,
  };
}
