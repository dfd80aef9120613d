import { readRetryAfter } from "@convergint/internal/retry-after";
import { unlessAborted, wait, withinLimits } from "./abort.ts";
import { VendorClientError } from "./errors.ts";
import { failure, isTransient } from "./failure.ts";
import { placeOf } from "./plain-url.ts";
import { retryDelaySeconds, type Setback } from "./retry.ts";
import type { Secrets } from "./secrets.ts";
import { wholeResponse } from "./whole-response.ts";

export interface PatientFetchOptions {
  readonly fetch: typeof fetch;
  /** How long one answer may take. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Waits before a retry; a timer where absent. */
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  readonly secrets: Secrets;
}

/** A call that can be made any number of times. */
export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | null;
  readonly signal: AbortSignal | undefined;
  /** Whether it may be made twice without harm, should its answer be lost. */
  readonly repeatable: boolean;
}

/** Makes a call. @throws {VendorClientError} `unreachable`, `timeout`, `aborted`, `rate_limited` */
export type PatientFetch = (call: Call) => Promise<Response>;

/** The call that a request describes; its body is read once, so that it can be sent again. */
export async function callOf(request: Request): Promise<Call> {
  const { url, method, headers, signal } = request;
  const body = await request.text();
  return { url, method, headers, signal, body: body === "" ? null : body, repeatable: method === "GET" };
}

/**
 * Makes a `fetch` that bounds the time of each answer, waits as a busy vendor asks it to, makes a call again whose
 * connection broke off, follows no redirect (a credential goes where the manifest says and nowhere else), and fails
 * with a typed error.
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
    const failed = (error: unknown) => failure(error, { url, timeoutSeconds, signals, secrets });
    for (let retries = 0; ; retries += 1) {
      let setback: Setback;
      let outcome: VendorClientError;
      try {
        const response = await once(call);
        const { status } = response;
        if (status !== 429 && status !== 503) return response;
        const asked = readRetryAfter(response.headers.get("retry-after"), Date.now());
        setback = { kind: "busy", status, retryAfterSeconds: asked };
        outcome = busy(url, status, asked);
      } catch (error) {
        outcome = failed(error);
        if (!isTransient(outcome)) throw outcome;
        setback = { kind: "broken" };
      }
      const seconds = retryDelaySeconds({ setback, retries, repeatable, random: Math.random() });
      if (seconds === null) throw outcome;
      const waited = sleep ? unlessAborted(sleep(seconds), signals) : wait(seconds, signals);
      await waited.catch((error: unknown) => {
        throw failed(error);
      });
    }
  };
}

function busy(url: string, status: number, asked: number | undefined): VendorClientError {
  const place = placeOf(url);
  const patience = asked === undefined ? "" : ` and asks for ${Math.ceil(asked)} s of patience`;
  return new VendorClientError(
    "rate_limited",
    `${place} answered ${status}${patience}. Call again ${asked === undefined ? "later" : "after that"}.`,
    { url: place, status, ...(asked === undefined ? {} : { retryAfterSeconds: asked }) },
  );
}
