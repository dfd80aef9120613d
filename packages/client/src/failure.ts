import type { Signals } from "./abort.ts";
import { VendorClientError } from "./errors.ts";
import { placeOf } from "./plain-url.ts";
import type { Secrets } from "./secrets.ts";

/** What an error of `fetch` is told with. */
export interface FailureContext {
  readonly url: string;
  readonly timeoutSeconds: number;
  /** The callers' signals. */
  readonly signals: Signals;
  readonly secrets: Secrets;
}

/** What a connection dies of that was once there, or may be in a moment. Names of Node and of undici. */
const TRANSIENT: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/**
 * The bare facts of an error. Runtimes hang things onto theirs that hold the credential: the bytes that a parser
 * stumbled over, the request.
 */
function bareError(error: unknown, secrets: Secrets): Error {
  const bare = new Error(secrets.removedFrom(error instanceof Error ? error.message : String(error)));
  return Object.assign(bare, { code: codeOf(error) });
}

/** Tells whether another attempt may succeed where this one failed. */
export const isTransient = ({ code, cause }: VendorClientError): boolean =>
  code === "timeout" || (code === "unreachable" && TRANSIENT.has(codeOf(cause) ?? ""));

/** What went wrong when `fetch` threw. */
export function failure(
  error: unknown,
  { url, timeoutSeconds, signals, secrets }: FailureContext,
): VendorClientError {
  const place = placeOf(url);
  // Asked first: a caller may abort with any reason, and that is what `fetch` throws then.
  const aborted = signals.find((signal) => signal?.aborted);
  if (aborted) return abortion(place, aborted.reason);
  if (error instanceof Error && error.name === "TimeoutError") {
    return new VendorClientError(
      "timeout",
      `${place} did not answer within ${timeoutSeconds} s. Try again later, or allow more time.`,
      { url: place },
      { cause: bareError(error, secrets) },
    );
  }
  const cause = bareError(
    error instanceof Error && error.cause instanceof Error ? error.cause : error,
    secrets,
  );
  return new VendorClientError(
    "unreachable",
    `${place} cannot be reached (${codeOf(cause) ?? cause.message}). Check the vendor's base URL, and that its cloud is up.`,
    { url: place },
    { cause },
  );
}

/** What a call ends with that its caller has ended. */
export const abortion = (place: string, reason: unknown): VendorClientError =>
  new VendorClientError("aborted", `The call to ${place} was aborted.`, { url: place }, { cause: reason });
