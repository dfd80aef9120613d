import { sign, type WebhookKeys } from "@convergint/webhooks";
import type { Agent, Dispatcher } from "undici";
import { systemClock } from "../clock.ts";
import { DeliveryError } from "../errors.ts";
import type { Outcome } from "../rules/outcome.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { failure, type PostOptions, postThrough, type Send, type SignedRequest, sendAsItIs } from "./post.ts";

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
 * @throws {DeliveryError} `invalid_destination` where the URL is none
 * @throws {WebhookUsageError} where `id`, `body` or `keys` cannot sign; the signal's reason where it was aborted
 * @see spec/1.0/contract.md#delivery
 */
export async function attempt(
  delivery: Delivery,
  { allowLoopback = false, ...options }: AttemptOptions = {},
): Promise<Outcome> {
  if (!URL.canParse(delivery.url))
    throw new DeliveryError("invalid_destination", "Give the destination as a whole URL.");
  return attemptThrough(sharedAgent(allowLoopback), delivery, options);
}

/** What only an outbox asks of an attempt. */
interface OutboxAttemptOptions extends Partial<PostOptions> {
  readonly send?: Send | undefined;
}

/** As {@link attempt}, by an agent of one's own. */
export async function attemptThrough(
  dispatcher: Dispatcher,
  delivery: Delivery,
  { timeoutSeconds = 15, signal, clock = systemClock, send = sendAsItIs }: OutboxAttemptOptions = {},
): Promise<Outcome> {
  const signed = await signedRequest(delivery, clock.now());
  try {
    return await send(signed, (request) =>
      postThrough(dispatcher, request, { timeoutSeconds, signal, clock }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    // The caller's hook threw: one more way of not having arrived.
    return failure(error, false);
  }
}

async function signedRequest(
  { url, id, body, keys, contentType = EVENT_MEDIA_TYPE }: Delivery,
  now: number,
): Promise<SignedRequest> {
  const signature = await sign({ id, body, keys, timestamp: new Date(now) });
  const headers = { "content-type": contentType, "user-agent": "convergint-delivery", ...signature };
  return { url, headers, body };
}
