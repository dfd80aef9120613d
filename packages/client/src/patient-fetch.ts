import { setTimeout as wait } from "node:timers/promises";
import { VendorClientError } from "./errors.ts";
import { wholeResponse } from "./whole-response.ts";

export interface PatientFetchOptions {
  readonly fetch: typeof fetch;
  /** How long one answer may take. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** What no error may repeat. */
  readonly secret: string;
}

/** How often a call is made again after 429 or 503. */
const MOST_RETRIES = 3;
/** A vendor that asks for more patience than this gets it from whoever called. */
const MOST_WAIT_SECONDS = 30;

/** Where a call went, without the query, which may hold tokens. */
const placeOf = (url: string): string => url.split("?", 1)[0] ?? url;

function failure(error: unknown, url: string, { timeoutSeconds, signal }: PatientFetchOptions) {
  const place = placeOf(url);
  // Asked first: a caller may abort with any reason, and that is what `fetch` throws then.
  if (signal?.aborted) {
    return new VendorClientError(
      "aborted",
      `The call to ${place} was aborted.`,
      { url: place },
      { cause: error },
    );
  }
  if (error instanceof Error && error.name === "TimeoutError") {
    return new VendorClientError(
      "timeout",
      `${place} did not answer within ${timeoutSeconds} s. Try again later, or allow more time.`,
      { url: place },
      { cause: error },
    );
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why = cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : String(cause);
  return new VendorClientError(
    "unreachable",
    `${place} cannot be reached (${why}). Check the vendor's base URL, and that its cloud is up.`,
    { url: place },
    { cause: error },
  );
}

function retryAfterSeconds(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/**
 * Makes a `fetch` that bounds the time of each answer, waits as a busy vendor asks it to, follows no redirect (a
 * credential goes where the manifest says and nowhere else), and fails with a typed error.
 *
 * @throws {VendorClientError} `unreachable`, `timeout`, `aborted`, `rate_limited`
 */
export function patientFetch(options: PatientFetchOptions) {
  const { fetch, timeoutSeconds, signal, secret } = options;
  return async (request: Request): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      const limits = [AbortSignal.timeout(timeoutSeconds * 1000), ...(signal ? [signal] : [])];
      const response = await fetch(request.clone(), { redirect: "manual", signal: AbortSignal.any(limits) })
        .then((begun) => wholeResponse(begun, request.url, secret))
        .catch((error: unknown) => {
          throw failure(error, request.url, options);
        });
      if (response.status !== 429 && response.status !== 503) return response;
      const asked = retryAfterSeconds(response) ?? 2 ** attempt;
      if (attempt === MOST_RETRIES || asked > MOST_WAIT_SECONDS) {
        const url = placeOf(request.url);
        throw new VendorClientError(
          "rate_limited",
          `${url} answered ${response.status} and asks for ${Math.ceil(asked)} s of patience. Call again after that.`,
          { url, status: response.status, retryAfterSeconds: asked },
        );
      }
      await wait(asked * 1000, undefined, signal ? { signal } : {}).catch((error: unknown) => {
        throw failure(error, request.url, options);
      });
    }
  };
}
