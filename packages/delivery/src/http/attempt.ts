import { sign, type WebhookKeys } from "@convergint/webhooks";
import { type Agent, type Dispatcher, request } from "undici";
import type { Outcome } from "../rules/outcome.ts";
import { CONNECT_SECONDS, createGuardedAgent, DestinationRefusedError } from "./guarded-agent.ts";
import { readRetryAfter } from "./retry-after.ts";

/** The media types of what is delivered. */
export const EVENT_MEDIA_TYPE = "application/cloudevents+json";
export const BATCH_MEDIA_TYPE = "application/cloudevents-batch+json";

/** One webhook on its way: the same for every attempt, but for the keys. */
export interface Delivery {
  readonly url: string;
  /** The event's id, or the batch's; the same on every attempt. */
  readonly id: string;
  /** The very text that is sent; the same on every attempt. */
  readonly body: string;
  /** The endpoint's current secrets, and your private keys where you sign `v1a`. */
  readonly keys: WebhookKeys;
  /** Default `application/cloudevents+json`. */
  readonly contentType?: string;
}

/** How an attempt is made. */
export interface AttemptOptions {
  /** For a sandbox: lets the attempt go to this machine, with TLS or without. */
  readonly allowLoopback?: boolean;
  /** How long to wait for an answer, once connected; the contract asks for 15 at least. */
  readonly timeoutSeconds?: number;
  /** Ends the attempt without outcome. */
  readonly signal?: AbortSignal | undefined;
}

/** Enough to let the connection be used again; no vendor needs a receiver's words. */
const MOST_ANSWER_BYTES = 64 * 1024;
const ANSWER_BODY_MS = 1_000;

let strict: Agent | undefined;
let sandbox: Agent | undefined;

/** Agents hold connections for the next attempt, and no process awake. */
function sharedAgent(allowLoopback: boolean): Agent {
  if (!allowLoopback) {
    strict ??= createGuardedAgent({});
    return strict;
  }
  sandbox ??= createGuardedAgent({ allowLoopback });
  return sandbox;
}

/**
 * Makes one attempt: signs with a fresh timestamp, posts, and waits for the answer. Redirects are not followed.
 *
 * @returns what became of it; what is wrong with the receiver is an outcome and not an error
 * @throws {WebhookUsageError} where `id` or `keys` cannot sign; the signal's reason where it was aborted
 * @see spec/1.0/contract.md#delivery
 */
export function attempt(
  delivery: Delivery,
  { allowLoopback = false, ...options }: AttemptOptions = {},
): Promise<Outcome> {
  return attemptThrough(sharedAgent(allowLoopback), delivery, options);
}

/** As {@link attempt}, by an agent of one's own. */
export async function attemptThrough(
  dispatcher: Dispatcher,
  { url, id, body, keys, contentType = EVENT_MEDIA_TYPE }: Delivery,
  { timeoutSeconds = 15, signal }: Omit<AttemptOptions, "allowLoopback"> = {},
): Promise<Outcome> {
  const signature = await sign({ id, body, keys });
  // Connecting is not waiting for an answer.
  const timeout = AbortSignal.timeout((Math.min(CONNECT_SECONDS, timeoutSeconds) + timeoutSeconds) * 1000);
  try {
    const answer = await request(url, {
      dispatcher,
      method: "POST",
      headers: { "content-type": contentType, "user-agent": "convergint-delivery", ...signature },
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    // The status has said it all: what goes wrong from here on changes nothing.
    const enough = AbortSignal.timeout(ANSWER_BODY_MS);
    await answer.body.dump({ limit: MOST_ANSWER_BYTES, signal: enough }).catch(() => {});
    const retryAfter = answer.headers["retry-after"];
    const retryAfterSeconds = readRetryAfter(
      Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      Date.now(),
    );
    return {
      kind: "answered",
      status: answer.statusCode,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    return failure(error, timeout.aborted);
  }
}

function failure(error: unknown, timedOut: boolean): Outcome {
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
