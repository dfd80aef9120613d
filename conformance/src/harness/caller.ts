import { explainTlsError } from "@convergint/internal/cli-errors";
import type { Connect } from "@convergint/internal/guarded-agent";
import { readRetryAfter } from "@convergint/internal/retry-after";
import type { Exchange } from "../evidence/exchange.ts";
import { untracked, type Waiting } from "./activity.ts";
import { type Clock, dateOf, startTimeout, systemClock } from "./clock.ts";
import { basicLogin, type SecretClient } from "./credentials.ts";

/** The longest wait that the run accepts; a response that asks for a longer wait is final. */
const MAX_WAIT_SECONDS = 300;

/** Returns how many seconds to wait before repeating a rate-limited call; `null` for a final response. */
export function retryDelaySeconds({ response }: Exchange, now: number): number | null {
  if (response?.status !== 429 && response?.status !== 503) return null;
  const seconds = readRetryAfter(response.headers["retry-after"], now);
  return seconds !== undefined && seconds <= MAX_WAIT_SECONDS ? seconds : null;
}

/** Makes HTTP calls and records each as evidence. */
export interface Recorder {
  call(call: Call): Promise<Exchange>;
}

/** One call to make. */
export interface Call {
  /** What the call tests, in a few words, for reports. */
  readonly purpose: string;
  readonly method?: "GET" | "POST" | "DELETE";
  readonly url: string | URL;
  /** Whether to repeat the call when no answer arrived, although the vendor may have processed it. Default: true for a GET. */
  readonly repeatable?: boolean;
  /** Credential to send; `null` for none. Default: the credential under test. */
  readonly credential?: Bearer | SecretClient | null;
  /** JSON body. */
  readonly json?: unknown;
  /** Headers to send in addition to those of every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A body sent as JSON that need not be valid JSON. */
  readonly text?: string;
  /** The form body of a call that has no JSON body. */
  readonly form?: Readonly<Record<string, string>>;
}

/** A bearer token, or a function that gets a currently valid token. */
export type Bearer = string | ((recorder: Recorder) => Promise<string>);

/** The bearer tokens of the credentials in addition to the one under test. */
export interface OtherBearers {
  readonly second?: Bearer;
  readonly withdrawn?: Bearer;
  readonly production?: Bearer;
}

/** Keeps calls at the vendor, whatever its manifest names. */
export interface CallGuard {
  /** Returns why a URL must not be called; `null` if it may be called. */
  refuse(url: URL): Error | null;
  /** Connects only to allowed addresses: `refuse` does not see which address a name leads to. */
  readonly fetch: typeof fetch;
  /** Makes a connection as `fetch` does, for other clients. */
  readonly connect: Connect;
}

export interface CallerOptions {
  /** The credential of calls that do not specify one. */
  readonly credential: Bearer;
  /** Texts to record in place of credentials, such as their environment variables. Default: `redacted`. */
  readonly names?: Pick<ReadonlyMap<string, string>, "get">;
  readonly signal: AbortSignal;
  /** Guards the calls to URLs that a vendor names. Default: none, for URLs that the user names. */
  readonly guard?: CallGuard | undefined;
  /** Shows what the run waits for. */
  readonly waiting?: Waiting;
  /** Time limit for a response. */
  readonly timeoutSeconds?: number;
  readonly clock?: Clock;
}

/** Makes each call once, without retries. */
export interface Caller extends Recorder {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly waiting: Waiting;
}

const AUTHORIZATION = "authorization";
/** The maximum size of a response, decompressed. It is far more than any response of the contract needs. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Reads a response as text, and stops at the limit. @throws {Error} if it is larger than `maxBytes`, decompressed */
export async function readBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes, decompressed`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Returns the body to send and its media type; `null` for no body. */
function contentOf({ json, text, form }: Pick<Call, "json" | "text" | "form">) {
  if (text !== undefined) return { type: "application/json", body: text };
  if (json !== undefined) return { type: "application/json", body: JSON.stringify(json) };
  if (form === undefined) return null;
  return { type: "application/x-www-form-urlencoded", body: new URLSearchParams(form).toString() };
}

/** Describes why there was no response. */
export function describeFailure(error: unknown, timeoutSeconds: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no response within ${timeoutSeconds} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause ? String(cause.code) : "";
  return [code, explainTlsError(cause) ?? cause.message].filter(Boolean).join(": ") || error.message;
}

/** Creates a caller. @param tokens the recorder for requests that get access tokens */
export function createCaller(
  {
    credential: usual,
    names = new Map(),
    signal,
    guard,
    waiting = untracked,
    timeoutSeconds = 30,
    clock = systemClock,
  }: CallerOptions,
  tokens: Recorder,
): Caller {
  let calls = 0;

  /** Returns the scheme and the credential of the `authorization` header. */
  async function authorizationFor(credential: Bearer | SecretClient): Promise<readonly [string, string]> {
    if (typeof credential === "string") return ["Bearer", credential];
    if (typeof credential === "function") return ["Bearer", await credential(tokens)];
    return ["Basic", basicLogin(credential)];
  }

  async function send(url: string | URL, init: RequestInit): Promise<NonNullable<Exchange["response"]>> {
    const refusal = guard?.refuse(new URL(url));
    if (refusal) throw refusal;
    const timeout = startTimeout(clock, timeoutSeconds * 1000);
    try {
      const response = await (guard?.fetch ?? fetch)(url, {
        ...init,
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await readBody(response, MAX_BYTES),
      };
    } finally {
      timeout.cancel();
    }
  }

  async function call({
    purpose,
    method = "GET",
    url,
    credential = usual,
    headers: more,
    ...bodies
  }: Call): Promise<Exchange> {
    const authorization = credential === null ? null : await authorizationFor(credential);
    calls += 1;
    const id = `x${calls}`;
    const content = contentOf(bodies);
    const body = content?.body ?? null;
    const headers: Record<string, string> = {
      accept: "application/json, application/problem+json",
      ...more,
    };
    const recorded = { ...headers };
    if (authorization !== null) {
      const [scheme, secret] = authorization;
      headers[AUTHORIZATION] = `${scheme} ${secret}`;
      recorded[AUTHORIZATION] = `${scheme} [${names.get(secret) ?? "redacted"}]`;
    }
    if (content !== null) {
      headers["content-type"] = content.type;
      recorded["content-type"] = content.type;
    }
    const started = dateOf(clock);
    const finish = (response: Exchange["response"], failure: string | null): Exchange => ({
      id,
      purpose,
      request: { method, url: String(url), headers: recorded, body },
      response,
      failure,
      startedAt: started.toISOString(),
      durationMs: clock.now() - started.getTime(),
    });
    try {
      const response = send(url, { method, headers, body });
      return finish(await waiting(`the response to “${purpose}”`, response), null);
    } catch (error) {
      signal.throwIfAborted();
      return finish(null, describeFailure(error, timeoutSeconds));
    }
  }

  return { clock, signal, waiting, call };
}
