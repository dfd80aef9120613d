import { sign, type WebhookKeys } from "@convergint/webhooks";
import type { Exchange } from "../evidence/exchange.ts";
import { untracked, type Waiting } from "./activity.ts";
import { readBody, retryDelaySeconds } from "./caller.ts";
import { type Clock, dateOf, sleep, startTimeout, systemClock } from "./clock.ts";

/** A webhook to sign and post. */
export interface Posting {
  /** What the webhook tests, in a few words, for reports. */
  readonly purpose: string;
  /** The `webhook-id`. */
  readonly id: string;
  readonly body: string | Uint8Array;
  /** Keys to sign with. Default: the first secret. */
  readonly keys?: WebhookKeys;
  /** Signature timestamp. Default: now. */
  readonly timestamp?: Date;
  readonly mediaType?: string;
  /** Changes the headers after signing; `undefined` removes a header. */
  readonly headers?: (
    signed: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string | undefined>>;
  /** Body to send instead of the signed body. */
  readonly bodySent?: string | Uint8Array;
}

/** Posts webhooks to a consumer and records each as evidence. */
export interface Poster {
  post(posting: Posting): Promise<Exchange>;
  /** Sends the request of an exchange again, byte for byte. */
  replay(purpose: string, exchange: Exchange): Promise<Exchange>;
}

const EVENT = "application/cloudevents+json";
/** Time limit for a response. */
const TIMEOUT_SECONDS = 15;
/** The maximum number of retries of a delivery that the consumer answered with 429 or 503 and `Retry-After`. */
const MAX_RETRIES = 10;
const MAX_RETRY_SECONDS = 30;
const MAX_RESPONSE_BYTES = 1024 * 1024;

function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no response within ${TIMEOUT_SECONDS} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message || error.message;
}

export interface PosterOptions {
  /** Shows what the run waits for. */
  readonly waiting?: Waiting;
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock;
}

/**
 * Creates a poster. A missing response is recorded as a failure; only an abort throws. Redirects are not followed.
 *
 * @param url the consumer's webhook endpoint
 * @param secret the default signing secret
 */
export function createPoster(
  url: URL,
  secret: string,
  signal: AbortSignal,
  { waiting = untracked, fetch: fetchConsumer = fetch, clock = systemClock }: PosterOptions = {},
): Poster {
  let posts = 0;
  const bodies = new WeakMap<Exchange, string | Uint8Array>();

  async function send(
    purpose: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): Promise<Exchange> {
    posts += 1;
    const id = `p${posts}`;
    const started = dateOf(clock);
    const finish = (response: Exchange["response"], failure: string | null): Exchange => {
      const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
      const request = { method: "POST", url: url.href, headers, body: text };
      const durationMs = clock.now() - started.getTime();
      const exchange = {
        id,
        purpose,
        request,
        response,
        failure,
        startedAt: started.toISOString(),
        durationMs,
      };
      bodies.set(exchange, body);
      return exchange;
    };
    const timeout = startTimeout(clock, TIMEOUT_SECONDS * 1000);
    try {
      const answer = fetchConsumer(url, {
        method: "POST",
        headers,
        body: body as Exclude<RequestInit["body"], undefined>,
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout.signal]),
      }).then(async (response) => ({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await readBody(response, MAX_RESPONSE_BYTES),
      }));
      return finish(await waiting(`the response to “${purpose}”`, answer), null);
    } catch (error) {
      signal.throwIfAborted();
      return finish(null, failureOf(error));
    } finally {
      timeout.cancel();
    }
  }

  /**
   * Sends a request. If the consumer is overloaded, sends the request again after the delay that the consumer
   * requests.
   */
  async function sendPatiently(...request: Parameters<typeof send>): Promise<Exchange> {
    let exchange = await send(...request);
    for (let retry = 0; retry < MAX_RETRIES; retry += 1) {
      const seconds = retryDelaySeconds(exchange, clock.now());
      if (seconds === null || seconds > MAX_RETRY_SECONDS) break;
      // Twenty requests that are refused at the same time must not be repeated at the same time, so each
      // waits a different time.
      await sleep(clock, seconds * 1000 + (posts % 20) * 50, signal);
      exchange = await send(...request);
    }
    return exchange;
  }

  return {
    async post({
      purpose,
      id,
      body,
      keys = secret,
      timestamp = dateOf(clock),
      mediaType = EVENT,
      ...changes
    }) {
      const signed = { "content-type": mediaType, ...(await sign({ id, body, keys, timestamp })) };
      const changed = Object.entries({ ...signed, ...changes.headers?.(signed) });
      const headers = Object.fromEntries(
        changed.filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      return sendPatiently(purpose, headers, changes.bodySent ?? body);
    },
    replay: (purpose, exchange) =>
      sendPatiently(purpose, exchange.request.headers, bodies.get(exchange) ?? exchange.request.body ?? ""),
  };
}
