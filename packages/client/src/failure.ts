import type { Signals } from "@convergint/internal/call-limits";
import { explainTlsError } from "@convergint/internal/cli-errors";
import { failureCodeOf, isTransientFailure } from "@convergint/internal/patience";
import { toShownText } from "@convergint/internal/printable";
import { bareError, type Secrets } from "@convergint/internal/secrets";
import { VendorClientError } from "./errors.ts";
import { placeOf } from "./plain-url.ts";

/** Context of a failed `fetch`, for the error message. */
export interface FailureContext {
  readonly url: string;
  readonly timeoutSeconds: number;
  /** The callers' signals. */
  readonly signals: Signals;
  readonly secrets: Secrets;
}

/** Checks whether a retry may succeed. */
export const isTransient = ({ code, cause }: VendorClientError): boolean =>
  code === "timeout" || (code === "unreachable" && isTransientFailure(cause));

/** Converts an error of `fetch` to a client error. */
export function failure(
  error: unknown,
  { url, timeoutSeconds, signals, secrets }: FailureContext,
): VendorClientError {
  const place = placeOf(url);
  // This check comes first, because `fetch` throws the reason that the caller gave to the abort, and that
  // reason can be any value.
  const aborted = signals.find((signal) => signal?.aborted);
  if (aborted) return abortion(place, aborted.reason);
  if (error instanceof Error && error.name === "TimeoutError") {
    return new VendorClientError(
      "timeout",
      `${place} did not answer within ${timeoutSeconds} s. Retry later, or raise timeoutSeconds.`,
      { url: place },
      { cause: bareError(error, secrets) },
    );
  }
  const cause = bareError(
    error instanceof Error && error.cause instanceof Error ? error.cause : error,
    secrets,
  );
  // A guarded `fetch` does not connect to this address, and says why.
  if (failureCodeOf(cause) === "destination_refused") {
    return new VendorClientError("destination_refused", cause.message, { url: place }, { cause });
  }
  // The message says what is wrong at the proxy, and not at the vendor.
  if (failureCodeOf(cause) === "proxy_failed") {
    const message = `${place} is unreachable: ${cause.message}`;
    return new VendorClientError("unreachable", message, { url: place }, { cause });
  }
  return new VendorClientError(
    "unreachable",
    `${place} is unreachable (${explainTlsError(cause) ?? failureCodeOf(cause) ?? toShownText(cause.message)}). Check the vendor's base URL and that its cloud is up.`,
    { url: place },
    { cause },
  );
}

/** Returns the error for a call that was aborted by its caller. */
export const abortion = (place: string, reason: unknown): VendorClientError =>
  new VendorClientError("aborted", `The call to ${place} was aborted.`, { url: place }, { cause: reason });
