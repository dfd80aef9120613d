import { type Manifest, manifestSchema } from "@convergint/schemas";
import createClient, { type Client } from "openapi-fetch";
import { unlessAborted } from "./abort.ts";
import { requestAccessToken, type TokenSource, tokenSource } from "./access-token.ts";
import { type RawAnswer, readAnswer, type Schema } from "./answer.ts";
import type { paths } from "./contract.gen.ts";
import { type ClientCredential, type Credential, isApiKey, secretParts } from "./credential.ts";
import { notOffered } from "./errors.ts";
import { abortion } from "./failure.ts";
import { type Call, callOf, type PatientFetch, patientFetch } from "./patient-fetch.ts";
import { placeOf, requireSafeUrl, type UrlRule } from "./plain-url.ts";
import type { ResponseLimits } from "./response-limits.ts";
import { type Secrets, secretsOf } from "./secrets.ts";

/** Options of one call. */
export interface CallOptions {
  /** Aborts this call and the listing that it belongs to. */
  readonly signal?: AbortSignal;
}

/** The options of every call. This module reads the responses, because openapi-fetch throws on HTML. */
type CallInit = {
  readonly parseAs: "stream";
  readonly signal: AbortSignal | null;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A call to a path of the contract. */
export type ApiCall = (api: Client<paths>, init: CallInit) => Promise<RawAnswer>;

/**
 * A connection to a vendor's cloud: its manifest, and authenticated calls to
 * the API at the URL that the manifest gives.
 */
export interface Connection {
  /** Limits on the responses. */
  readonly limits: ResponseLimits;
  /** Removes the credential from texts. */
  readonly secrets: Pick<Secrets, "removedFrom" | "removedFromBody">;
  /**
   * Returns the manifest. The manifest is read only once per connection. After a failure, the next call reads
   * it again.
   */
  manifest(options?: CallOptions): Promise<Manifest>;
  /** Makes a call and returns the unread response. */
  call(call: ApiCall, options?: CallOptions): Promise<RawAnswer>;
  /** Makes a call and reads its response. */
  read<Output>(call: ApiCall, schema: Schema<Output>, options?: CallOptions): Promise<Output>;
}

/** Options of a connection. */
export interface ConnectionParts {
  readonly baseUrl: string;
  readonly allowHosts: readonly string[];
  readonly credential: Credential;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  readonly fetch: typeof fetch;
  readonly limits: ResponseLimits;
}

/** Returns the manifest's token URL after checking that a secret may be sent there. */
function tokenUrlOf({ authentication }: Manifest, rule: UrlRule): string {
  for (const { scheme, token_url } of authentication) {
    if (scheme !== "oauth2_client_credentials" || typeof token_url !== "string") continue;
    requireSafeUrl("token_url", token_url, rule);
    return token_url;
  }
  throw notOffered("the authentication scheme oauth2_client_credentials");
}

function withClientCredential(
  patient: PatientFetch,
  tokenUrl: string,
  credential: ClientCredential,
  secrets: Secrets,
): AuthorizedFetch {
  const tokens = tokenSource(async () => {
    const token = await requestAccessToken(patient, tokenUrl, credential);
    secrets.addToken(token.token);
    return token;
  });
  return withAccessTokens(patient, tokens);
}

/** Creates a connection to one vendor's cloud. Sends no request until the first call. */
export function connect({ baseUrl, allowHosts, credential, ...rest }: ConnectionParts): Connection {
  const { limits } = rest;
  const secrets = secretsOf(secretParts(credential));
  const patient = patientFetch({ ...rest, secrets });
  const withoutCredential = createClient<paths>({
    baseUrl,
    fetch: async (request) => patient(await callOf(request, "maxItemBytes")),
  });
  const manifest = once(async () =>
    readAnswer(
      await withoutCredential.GET("/.well-known/vendor-cloud", { parseAs: "stream" }),
      manifestSchema,
      limits,
    ),
  );
  const api = once(async () => {
    const declared = await manifest();
    const rule = { baseUrl, allowHosts };
    requireSafeUrl("api_base", declared.api_base, rule);
    const authorizedFetch = isApiKey(credential)
      ? withApiKey(patient, credential.apiKey)
      : withClientCredential(patient, tokenUrlOf(declared, rule), credential, secrets);
    return createClient<paths>({ baseUrl: declared.api_base, fetch: authorizedFetch });
  });

  const call: Connection["call"] = async (make, { signal } = {}) =>
    make(await awaitShared(api(), signal, baseUrl), { parseAs: "stream", signal: signal ?? null });
  return {
    limits,
    secrets,
    manifest: ({ signal } = {}) => awaitShared(manifest(), signal, baseUrl),
    call,
    read: async (make, schema, options) => readAnswer(await call(make, options), schema, limits),
  };
}

/** Makes a call with the credential. */
type AuthorizedFetch = (request: Request) => Promise<Response>;

function authorized(call: Call, token: string): Call {
  const headers = new Headers(call.headers);
  headers.set("authorization", `Bearer ${token}`);
  return { ...call, headers };
}

/** Makes calls with an API key. */
const withApiKey =
  (patient: PatientFetch, apiKey: string): AuthorizedFetch =>
  async (request) =>
    patient(authorized(await callOf(request, "maxResponseBytes"), apiKey));

/**
 * Makes calls with access tokens. A vendor may revoke a token before it expires: after a 401, the call is
 * repeated once with a new token. If the vendor refuses the new token too, the refusal is final.
 */
const withAccessTokens =
  (patient: PatientFetch, tokens: TokenSource): AuthorizedFetch =>
  async (request) => {
    const call = await callOf(request, "maxResponseBytes");
    const token = await awaitShared(tokens.current(), call.signal, call.url);
    const response = await patient(authorized(call, token));
    if (response.status !== 401) return response;
    const next = await awaitShared(tokens.insteadOf(token), call.signal, call.url);
    return patient(authorized(call, next));
  };

/** Shares one result among all callers. After a failure, the next caller starts a new attempt. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Waits for a shared operation; if one caller aborts, the operation continues for the others.
 *
 * @param url URL of the caller's own call, for the message
 * @throws {VendorClientError} `aborted`, and the errors of the operation
 */
async function awaitShared<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  url: string,
): Promise<Value> {
  try {
    return await unlessAborted(work, [signal]);
  } catch (error) {
    throw signal?.aborted ? abortion(placeOf(url), signal.reason) : error;
  }
}
