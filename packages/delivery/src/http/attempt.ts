import { createSigner, type Signer, type WebhookKeys } from "@convergint/webhooks";
import type { Agent, Dispatcher } from "undici";
import { type Clock, systemClock } from "../clock.ts";
import { DeliveryError } from "../errors.ts";
import type { Outcome } from "../rules/outcome.ts";
import { type ConnectionOptions, createDestinationAgent } from "./destination.ts";
import {
  type PostOptions,
  postThrough,
  type Send,
  type SignedRequest,
  sendUnchanged,
  toFailure,
} from "./post.ts";

/** Makes delivery attempts over connections that only this object uses. */
export interface Attempter {
  attempt(delivery: PreparedDelivery, signal: AbortSignal): Promise<Outcome>;
  /** Closes the connections; no attempt may be in progress. */
  close(): Promise<void>;
}

/** Options of all attempts. */
export interface AttempterOptions extends ConnectionOptions, Omit<PostOptions, "signal"> {
  readonly send: Send;
}

/** @throws {DeliveryError} `invalid_option` */
export function createAttempter({
  allowLoopback,
  allowPrivateNetworks,
  proxy,
  ...options
}: AttempterOptions): Attempter {
  const agent = createDestinationAgent({ allowLoopback, allowPrivateNetworks, proxy });
  return {
    attempt: (delivery, signal) => attemptThrough(agent, delivery, { ...options, signal }),
    close: () => agent.destroy(),
  };
}

/** The media types of deliveries. */
export const EVENT_MEDIA_TYPE = "application/cloudevents+json";
export const BATCH_MEDIA_TYPE = "application/cloudevents-batch+json";

/** A webhook to deliver: the same for every attempt, except for the keys. */
export interface Delivery {
  readonly url: string;
  /** The event's id, or the batch's; the same on every attempt. */
  readonly id: string;
  /** The text that is sent; the same on every attempt. */
  readonly body: string;
  /** The endpoint's current secrets, followed by your private keys if you also sign with `v1a`. */
  readonly keys: WebhookKeys;
  /** Default: `application/cloudevents+json`. */
  readonly contentType?: string;
}

/** A delivery whose keys are prepared for many deliveries. */
export interface PreparedDelivery extends Omit<Delivery, "keys"> {
  readonly sign: Signer;
}

/** Options of an attempt. */
export interface AttemptOptions extends ConnectionOptions {
  /** How long to wait for a response once connected, in seconds; the contract requires at least 15. */
  readonly timeoutSeconds?: number;
  /** Aborts the attempt without an outcome. */
  readonly signal?: AbortSignal | undefined;
  /** The time of the signature and of the timeout. Default: the system's clock. */
  readonly clock?: Clock;
}

const agents = new Map<string, Agent>();

/** Returns an agent that reuses connections; an idle agent does not keep the process alive. */
function getSharedAgent(options: ConnectionOptions): Agent {
  const { allowLoopback = false, allowPrivateNetworks = [], proxy } = options;
  const key = JSON.stringify([allowLoopback, allowPrivateNetworks, proxy?.url, proxy?.dns]);
  const agent = agents.get(key) ?? createDestinationAgent(options);
  agents.set(key, agent);
  return agent;
}

/**
 * Makes one attempt: signs with the current time, posts and waits
 * for the response. Redirects are not followed.
 *
 * @returns the outcome; a failure of the receiver is an outcome, not an error
 * @throws {DeliveryError} `invalid_destination` if the URL is invalid; `invalid_option` for a malformed network or proxy
 * @throws {WebhookUsageError} if `id`, `body` or `keys` cannot be used to sign;
 *   the signal's reason if the signal is aborted
 * @see spec/1.0/contract.md#delivery
 */
export async function attempt(
  { keys, ...delivery }: Delivery,
  { allowLoopback, allowPrivateNetworks, proxy, ...options }: AttemptOptions = {},
): Promise<Outcome> {
  if (!URL.canParse(delivery.url))
    throw new DeliveryError("invalid_destination", "The destination must be a complete URL.");
  const agent = getSharedAgent({ allowLoopback, allowPrivateNetworks, proxy });
  return attemptThrough(agent, { ...delivery, sign: createSigner({ keys }) }, options);
}

/** Options that only an outbox sets. */
interface OutboxAttemptOptions extends Partial<PostOptions> {
  readonly send?: Send | undefined;
}

/** Like {@link attempt}, but connects through the given agent. */
export async function attemptThrough(
  dispatcher: Dispatcher,
  delivery: PreparedDelivery,
  { timeoutSeconds = 15, signal, clock = systemClock, send = sendUnchanged }: OutboxAttemptOptions = {},
): Promise<Outcome> {
  const signed = await signRequest(delivery, clock.now());
  try {
    return await send(signed, (request) =>
      postThrough(dispatcher, request, { timeoutSeconds, signal, clock }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    // The error comes from the caller's hook, so the delivery did not arrive.
    return toFailure(error, false);
  }
}

async function signRequest(
  { url, id, body, sign, contentType = EVENT_MEDIA_TYPE }: PreparedDelivery,
  now: number,
): Promise<SignedRequest> {
  const signature = await sign({ id, body, timestamp: new Date(now) });
  const headers = { "content-type": contentType, "user-agent": "convergint-delivery", ...signature };
  return { url, headers, body };
}
