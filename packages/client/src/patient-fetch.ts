import { readRetryAfter } from "@convergint/internal/retry-after";
import { unlessAborted, wait, withinLimits } from "./abort.ts";
import { VendorClientError } from "./errors.ts";
import { failure, isTransient } from "./failure.ts";
import { placeOf } from "./plain-url.ts";
import { type FailedAttempt, retryDelaySeconds } from "./retry.ts";
import type { Secrets } from "./secrets.ts";
import { wholeResponse } from "./whole-response.ts";

export interface PatientFetchOptions {
  readonly fetch: typeof fetch;
  /** Maximum time of one response. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Waits before a retry. Default: a timer. */
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  readonly secrets: Secrets;
}

/** A call that can be made repeatedly. */
export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | null;
  readonly signal: AbortSignal | undefined;
  /** Whether the call may be repeated if its response is lost. */
  readonly repeatable: boolean;
}

/** Makes a call. @throws {VendorClientError} `unreachable`, `timeout`, `aborted`, `rate_limited` */
export type PatientFetch = (call: Call) => Promise<Response>;

/** Converts a request to a call. Reads the body into memory, so that a retry can send it again. */
export async function callOf(request: Request): Promise<Call> {
  const { url, method, headers, signal } = request;
  const body = await request.text();
  return { url, method, headers, signal, body: body === "" ? null : body, repeatable: method === "GET" };
}

/**
 * Creates a `fetch` that limits the time of each response, honours `Retry-After`, retries broken connections
 * and throws typed errors. It follows no redirects, because the credential must be sent only to the
 * manifest's URLs.
 */
export function patientFetch({
  fetch,
  timeoutSeconds,
  signal,
  sleep,
  secrets,
}: PatientFetchOptions): PatientFetch {
  const once = ({ url, method, headers, body, signal: own }: Call) =>
    withinLimits(timeoutSeconds, [signal, own], async (limit) =>
      wholeResponse(
        await fetch(url, { method, headers, body, redirect: "manual", signal: limit }),
        url,
        secrets,
      ),
    );

  return async (call) => {
    const { url, repeatable } = call;
    const signals = [signal, call.signal];
    const toError = (error: unknown) => failure(error, { url, timeoutSeconds, signals, secrets });
    for (let retries = 0; ; retries += 1) {
      let failed: FailedAttempt;
      let outcome: VendorClientError;
      try {
        const response = await once(call);
        const { status } = response;
        if (status !== 429 && status !== 503) return response;
        const asked = readRetryAfter(response.headers.get("retry-after"), Date.now());
        failed = { kind: "busy", status, retryAfterSeconds: asked };
        outcome = busy(url, status, asked);
      } catch (error) {
        outcome = toError(error);
        if (!isTransient(outcome)) throw outcome;
        failed = { kind: "broken" };
      }
      const seconds = retryDelaySeconds({ failed, retries, repeatable, random: Math.random() });
      if (seconds === null) throw outcome;
      const waited = sleep ? unlessAborted(sleep(seconds), signals) : wait(seconds, signals);
      await waited.catch((error: unknown) => {
        throw toError(error);
      });
    }
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
