import { readText, unlessAborted, wait, withinLimits } from "@convergint/internal/call-limits";
import { explainTlsError } from "@convergint/internal/cli-errors";
import {
  type Attempt,
  callPatiently,
  failureCodeOf,
  isTransientFailure,
  type Patience,
} from "@convergint/internal/patience";
import { toShownText } from "@convergint/internal/printable";
import { readRetryAfter } from "@convergint/internal/retry-after";
import { bareError, type Secrets } from "@convergint/internal/secrets";
import type { Place } from "../errors.ts";
import type { ReadLimits } from "./budget.ts";
import { VendorReadError } from "./vendor-error.ts";

/**
 * A vendor's rate limit may last a minute and come without `Retry-After`, and one refused request out of thousands must not
 * end the reading: so this is more patient than the client, which makes single calls.
 */
const VENDOR_PATIENCE: Patience = { maxRetries: 6, maxWaitSeconds: 60, firstWaitSeconds: 1 };
const BUSY: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** Of a larger refusal, only the status counts. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const MAX_SHOWN = 200;

/** A request to the vendor. It only reads, whatever its method, so it can be repeated. */
export interface VendorCall {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The place of the request in the profile, for messages. */
  readonly place: Place;
}

/** A response that was read completely. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty for a refusal that is larger than 64 KiB. */
  readonly text: string;
}

/** What sending needs. */
export interface SenderParts {
  readonly fetch: typeof fetch;
  readonly limits: Pick<ReadLimits, "timeoutSeconds" | "maxResponseBytes">;
  readonly secrets: Pick<Secrets, "removedFrom" | "removedFromBody">;
  /** Aborts every call. */
  readonly signal: AbortSignal;
  /** Waits before a retry. Default: a timer. */
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Sends a request, and repeats it while the vendor is busy.
 *
 * @param read decides what a response is that is neither busy nor a redirection; it may ask for a retry
 */
export type Send = <Result>(
  call: VendorCall,
  read: (answer: VendorAnswer) => Attempt<Result>,
) => Promise<Result>;

/** Names a call without its query, which may hold personal data. */
export const showCall = ({ method, url }: Pick<VendorCall, "method" | "url">): string =>
  `${method} ${url.split("?", 1)[0]}`;

/** Shows what the vendor said in a refusal, if it is JSON: an HTML page says nothing that helps. */
export function showRefusal(text: string, { removedFromBody }: Pick<Secrets, "removedFromBody">): string {
  const isJson = /^\s*[{[]/.test(text);
  return isJson ? ` (${toShownText(removedFromBody(text), MAX_SHOWN)})` : "";
}

/** Returns the outcome for a vendor that is busy. */
export function busy(
  call: Pick<VendorCall, "method" | "url" | "place">,
  status: number,
  retryAfterSeconds: number | undefined,
  said: string,
): Attempt<never> {
  const isLimit = status === 429;
  const patience =
    retryAfterSeconds === undefined ? "" : ` with Retry-After: ${Math.ceil(retryAfterSeconds)} s`;
  const error = new VendorReadError(
    isLimit ? "rate_limited" : "unavailable",
    call.place,
    `${showCall(call)} answered ${status}${patience}${said}, and still did after several retries. Retry later.`,
    { status: isLimit ? 429 : 503, retryAfterSeconds },
  );
  return { failed: { kind: "busy", status, retryAfterSeconds }, error };
}

/**
 * Creates a sender: limits time and size, honours `Retry-After`, retries a busy vendor and a broken connection, and follows
 * no redirection, because the credential must go only to the base URL.
 */
export function createSender({ fetch, limits, secrets, signal, sleep, now }: SenderParts): Send {
  const { timeoutSeconds, maxResponseBytes } = limits;

  const sendOnce = ({ url, method, headers, body, place }: VendorCall): Promise<VendorAnswer> =>
    withinLimits(timeoutSeconds, [signal], async (stop) => {
      const response = await fetch(url, { method, headers, body, redirect: "manual", signal: stop });
      const { ok, status } = response;
      const text = await readText(response, ok ? maxResponseBytes : MAX_REFUSAL_BYTES);
      if (ok && text === null) {
        throw new VendorReadError(
          "response_too_large",
          place,
          `${showCall({ method, url })} sent more than ${maxResponseBytes} bytes. Request smaller pages, or raise limits.maxResponseBytes.`,
        );
      }
      return { status, headers: response.headers, text: text ?? "" };
    });

  /** @throws the reason of an abort, and the refusal of a guarded `fetch`, both unchanged */
  function toFailure(error: unknown, call: VendorCall): VendorReadError {
    if (signal.aborted) throw signal.reason;
    if (error instanceof VendorReadError) return error;
    if (error instanceof Error && error.name === "TimeoutError") {
      const message = `${showCall(call)} did not answer within ${timeoutSeconds} s. Retry later, or raise limits.timeoutSeconds.`;
      return new VendorReadError("timeout", call.place, message);
    }
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (failureCodeOf(inner) === "destination_refused") throw error;
    const cause = bareError(inner, secrets);
    const why = explainTlsError(cause) ?? failureCodeOf(cause) ?? toShownText(cause.message);
    return new VendorReadError(
      "unreachable",
      call.place,
      `${showCall(call)} is unreachable (${why}). Check the base URL and that the vendor's cloud is up.`,
      { cause },
    );
  }

  return (call, read) =>
    callPatiently({
      repeatable: true,
      patience: VENDOR_PATIENCE,
      async attempt() {
        let answer: VendorAnswer;
        try {
          answer = await sendOnce(call);
        } catch (error) {
          const failure = toFailure(error, call);
          const isTransient = failure.code === "timeout" || isTransientFailure(failure.cause);
          if (!isTransient) throw failure;
          return { failed: { kind: "broken" }, error: failure };
        }
        const { status, headers, text } = answer;
        if (BUSY.has(status)) {
          const asked = readRetryAfter(headers.get("retry-after"), now());
          return busy(call, status, asked, showRefusal(text, secrets));
        }
        if (status >= 300 && status < 400) {
          throw new VendorReadError(
            "redirected",
            call.place,
            `${showCall(call)} answered ${status}, a redirection. It is not followed, because the credential goes only to the base URL. Set the base URL that the vendor names.`,
          );
        }
        return read(answer);
      },
      wait: (seconds) => (sleep ? unlessAborted(sleep(seconds), [signal]) : wait(seconds, [signal])),
    });
}
