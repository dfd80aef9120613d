import type { Exchange } from "../evidence/exchange.ts";

/** One call to make. */
export interface Call {
  /** What it is for, in a few words; shown to people. */
  readonly purpose: string;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly url: string | URL;
  /** Whose credential to send; none where `null`. Default: the one under test. */
  readonly credential?: string | null;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface RecorderOptions {
  readonly apiKey: string;
  readonly signal: AbortSignal;
  /** How long an answer may take. */
  readonly timeoutSeconds?: number;
}

/** Makes HTTP calls and keeps each one as evidence. */
export interface Recorder {
  call(call: Call): Promise<Exchange>;
}

const AUTHORIZATION = "authorization";

function failureOf(error: unknown, timeoutSeconds: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutSeconds} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? String(cause.code) : "";
  return [code, cause.message].filter(Boolean).join(": ") || error.message;
}

/**
 * Makes a recorder. Redirects are recorded, not followed: a credential must not travel to where a vendor points.
 * An answer that does not come is recorded as such; only an abort throws.
 */
export function createRecorder({ apiKey, signal, timeoutSeconds = 30 }: RecorderOptions): Recorder {
  let calls = 0;
  return {
    async call({ purpose, method = "GET", url, credential = apiKey, json }) {
      calls += 1;
      const id = `x${calls}`;
      const body = json === undefined ? null : JSON.stringify(json);
      const headers: Record<string, string> = { accept: "application/json, application/problem+json" };
      if (credential !== null) headers[AUTHORIZATION] = `Bearer ${credential}`;
      if (body !== null) headers["content-type"] = "application/json";
      const started = new Date();
      const finish = (response: Exchange["response"], failure: string | null): Exchange => ({
        id,
        purpose,
        request: {
          method,
          url: String(url),
          headers: credential === null ? headers : { ...headers, [AUTHORIZATION]: "Bearer [redacted]" },
          body,
        },
        response,
        failure,
        startedAt: started.toISOString(),
        durationMs: Date.now() - started.getTime(),
      });
      try {
        const response = await fetch(url, {
          method,
          headers,
          body,
          redirect: "manual",
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
        });
        const text = await response.text();
        return finish(
          { status: response.status, headers: Object.fromEntries(response.headers), body: text },
          null,
        );
      } catch (error) {
        signal.throwIfAborted();
        return finish(null, failureOf(error, timeoutSeconds));
      }
    },
  };
}
