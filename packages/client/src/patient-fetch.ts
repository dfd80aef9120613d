import { readText, unlessAborted, wait, withinLimits } from "@convergint/internal/call-limits";
import { callPatiently, type Patience } from "@convergint/internal/patience";
import { readRetryAfter } from "@convergint/internal/retry-after";
import type { Secrets } from "@convergint/internal/secrets";
import { VendorClientError } from "./errors.ts";
import { failure, isTransient } from "./failure.ts";
import { placeOf } from "./plain-url.ts";
import { type ResponseLimits, responseTooLarge } from "./response-limits.ts";

/**
 * Retries a call up to three times. The three waits take 1.75 to 3.5 s in total. A `Retry-After` of up to 30 s
 * replaces a wait.
 */
export const CLIENT_PATIENCE: Patience = { maxRetries: 3, maxWaitSeconds: 30, firstWaitSeconds: 0.5 };

export interface PatientFetchOptions {
  readonly fetch: typeof fetch;
  /** Maximum time of one response. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Waits before a retry. Default: a timer. */
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  readonly secrets: Secrets;
  readonly limits: ResponseLimits;
}

/** A call that can be made repeatedly. */
export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** A function is called for each attempt, for a body that a vendor accepts only once. */
  readonly body: string | null | (() => Promise<string>);
  readonly signal: AbortSignal | undefined;
  /** Whether the call may be repeated if its response is lost. */
  readonly repeatable: boolean;
  /** Which limit applies to the size of the response. */
  readonly limit: "maxResponseBytes" | "maxItemBytes";
}

/** Makes a call. @throws {VendorClientError} `unreachable`, `timeout`, `aborted`, `rate_limited`, `response_too_large` */
export type PatientFetch = (call: Call) => Promise<Response>;

/** Converts a request to a call. Reads the body into memory, so that a retry can send it again. */
export async function callOf(request: Request, limit: Call["limit"]): Promise<Call> {
  const { url, method, headers, signal } = request;
  const body = await request.text();
  return {
    url,
    method,
    headers,
    signal,
    body: body === "" ? null : body,
    repeatable: method === "GET",
    limit,
  };
}

/**
 * Creates a `fetch` that limits the time and the size of each response, honours `Retry-After`, retries broken connections
 * and throws typed errors. It follows no redirects, because the credential must be sent only to the
 * manifest's URLs.
 */
export function patientFetch({
  fetch,
  timeoutSeconds,
  signal,
  sleep,
  secrets,
  limits,
}: PatientFetchOptions): PatientFetch {
  const once = ({ url, method, headers, body, signal: own, limit }: Call) =>
    withinLimits(timeoutSeconds, [signal, own], async (stop) =>
      wholeResponse(
        await fetch(url, {
          method,
          headers,
          body: typeof body === "function" ? await body() : body,
          redirect: "manual",
          signal: stop,
        }),
        { url, secrets, limits, limit },
      ),
    );

  return async (call) => {
    const { url, repeatable } = call;
    const signals = [signal, call.signal];
    const toError = (error: unknown) =>
      error instanceof VendorClientError ? error : failure(error, { url, timeoutSeconds, signals, secrets });
    return callPatiently<Response>({
      repeatable,
      patience: CLIENT_PATIENCE,
      async attempt() {
        try {
          const response = await once(call);
          const { status } = response;
          if (status !== 429 && status !== 503) return { result: response };
          const asked = readRetryAfter(response.headers.get("retry-after"), Date.now());
          const failed = { kind: "busy", status, retryAfterSeconds: asked } as const;
          return { failed, error: busy(url, status, asked) };
        } catch (error) {
          const outcome = toError(error);
          if (!isTransient(outcome)) throw outcome;
          return { failed: { kind: "broken" }, error: outcome };
        }
      },
      async wait(seconds) {
        const waited = sleep ? unlessAborted(sleep(seconds), signals) : wait(seconds, signals);
        await waited.catch((error: unknown) => {
          throw toError(error);
        });
      },
    });
  };
}

function busy(url: string, status: number, asked: number | undefined): VendorClientError {
  const place = placeOf(url);
  const patience = asked === undefined ? "" : ` with Retry-After: ${Math.ceil(asked)} s`;
  return new VendorClientError(
    "rate_limited",
    `${place} answered ${status}${patience}. Retry ${asked === undefined ? "later" : "after that time"}.`,
    { url: place, status, ...(asked === undefined ? {} : { retryAfterSeconds: asked }) },
  );
}

interface Whole {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly content: string;
}

/**
 * A response that was read completely. Its text can be read once, is not encoded
 * and decoded again, and is not kept afterwards.
 */
class WholeResponse extends Response {
  /** A constructed `Response` has no URL, but error messages need the URL. */
  override readonly url: string;
  override readonly text: () => Promise<string>;

  constructor({ url, status, headers, content }: Whole) {
    super(null, { status, headers });
    this.url = url;
    let rest = content;
    this.text = async () => {
      const all = rest;
      rest = "";
      return all;
    };
  }
}

/**
 * The largest refusal that is read. It has one problem, whose texts end up in errors and logs. Of a larger one,
 * only the status counts.
 */
const MAX_REFUSAL_BYTES = 64 * 1024;

/**
 * Reads a response completely, so that a broken connection fails the call itself, not a later read. Removes
 * the credential from a refusal, because the refusal's text ends up in errors and logs.
 *
 * @throws {VendorClientError} `response_too_large`; the errors of `fetch`
 */
async function wholeResponse(
  response: Response,
  {
    url,
    secrets,
    limits,
    limit,
  }: Pick<Call, "url" | "limit"> & Pick<PatientFetchOptions, "secrets" | "limits">,
): Promise<Response> {
  const { ok, status, headers } = response;
  const text = await readText(response, ok ? limits[limit] : MAX_REFUSAL_BYTES);
  if (ok && text === null) throw responseTooLarge(placeOf(url), limits[limit], limit);
  const read = text ?? "";
  return new WholeResponse({ url, status, headers, content: ok ? read : secrets.removedFromBody(read) });
}
