import { sign, type WebhookKeys } from "@convergint/webhooks";
import type { Exchange } from "../evidence/exchange.ts";
import { unseen, type Waiting } from "./activity.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "./clock.ts";

/** A webhook to post, as it is signed and sent. */
export interface Posting {
  /** What it is for, in a few words; shown to people. */
  readonly purpose: string;
  /** The `webhook-id`. */
  readonly id: string;
  readonly body: string | Uint8Array;
  /** Default: the first secret. */
  readonly keys?: WebhookKeys;
  /** When it is said to be signed. Default: now. */
  readonly timestamp?: Date;
  readonly mediaType?: string;
  /** Changes the headers after they were signed; `undefined` takes one away. */
  readonly headers?: (
    signed: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string | undefined>>;
  /** Sent instead of the body that was signed. */
  readonly bodySent?: string | Uint8Array;
}

/** Posts webhooks to a consumer and keeps each as evidence. */
export interface Poster {
  post(posting: Posting): Promise<Exchange>;
  /** Sends the request of an exchange once more, to the byte. */
  replay(purpose: string, exchange: Exchange): Promise<Exchange>;
}

const EVENT = "application/cloudevents+json";
/** How long a consumer may take to answer. */
const TIMEOUT_SECONDS = 15;
const MOST_ANSWER_BYTES = 1024 * 1024;

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw new Error(`the answer is larger than ${MOST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT_SECONDS} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message || error.message;
}

export interface PosterOptions {
  /** Lets what is waited for be seen. */
  readonly waiting?: Waiting;
  readonly clock?: Clock;
}

/**
 * Makes a poster. An answer that does not come is recorded as such; only an abort throws. Redirects are not followed.
 *
 * @param url of the consumer's webhook endpoint
 * @param secret that what says nothing else is signed with
 */
export function createPoster(
  url: URL,
  secret: string,
  signal: AbortSignal,
  { waiting = unseen, clock = systemClock }: PosterOptions = {},
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
      const answer = fetch(url, {
        method: "POST",
        headers,
        body: body as Exclude<RequestInit["body"], undefined>,
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout.signal]),
      }).then(async (response) => ({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await readText(response),
      }));
      return finish(await waiting(`the answer to “${purpose}”`, answer), null);
    } catch (error) {
      signal.throwIfAborted();
      return finish(null, failureOf(error));
    } finally {
      timeout.cancel();
    }
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
      return send(purpose, headers, changes.bodySent ?? body);
    },
    replay: (purpose, exchange) =>
      send(purpose, exchange.request.headers, bodies.get(exchange) ?? exchange.request.body ?? ""),
  };
}
