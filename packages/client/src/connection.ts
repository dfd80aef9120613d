import { unlessAborted } from "@convergint/internal/call-limits";
import { type Secrets, secretsOf } from "@convergint/internal/secrets";
import { type TokenSource, tokenSource, withSecrets } from "@convergint/internal/token-source";
import { type Manifest, manifestSchema } from "@convergint/schemas";
import { createTokenMinter } from "@convergint/tokens";
import createClient, { type Client } from "openapi-fetch";
import { accessTokenRequest } from "./access-token.ts";
import { type RawAnswer, readAnswer, type Schema } from "./answer.ts";
import type { paths } from "./contract.gen.ts";
import { type ReadyClient, type ReadyCredential, secretParts } from "./credential.ts";
import { notOffered, VendorClientError } from "./errors.ts";
import { abortion } from "./failure.ts";
import { type Call, callOf, type PatientFetch, patientFetch } from "./patient-fetch.ts";
import { placeOf, requireSafeUrl, type UrlRule } from "./plain-url.ts";
import type { ResponseLimits } from "./response-limits.ts";

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
  readonly credential: ReadyCredential;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly sleep: ((seconds: number) => Promise<void>) | undefined;
  readonly fetch: typeof fetch;
  readonly limits: ResponseLimits;
}

const OAUTH2 = "oauth2_client_credentials";
const SIGNED_JWT = "signed_jwt";

/** Finds an authentication scheme in a manifest. @throws {VendorClientError} `not_offered` */
function schemeOf({ authentication }: Manifest, name: string): Manifest["authentication"][number] {
  const scheme = authentication.find((each) => each.scheme === name);
  if (!scheme) throw notOffered(`the authentication scheme ${name}`);
  return scheme;
}

/** Requests access tokens, after checking that a secret may be sent to the manifest's token URL. */
function clientTokens(
  manifest: Manifest,
  credential: ReadyClient,
  rule: UrlRule,
  patient: PatientFetch,
  secrets: Secrets,
): TokenSource {
  const { token_url, token_endpoint_auth_methods } = schemeOf(manifest, OAUTH2);
  if (typeof token_url !== "string") throw notOffered(`a token_url of ${OAUTH2}`);
  const method = credential.kind === "client_key" ? "private_key_jwt" : "client_secret_basic";
  if (!(token_endpoint_auth_methods ?? ["client_secret_basic"]).includes(method))
    throw notOffered(`${method} in the token_endpoint_auth_methods of ${OAUTH2}`);
  requireSafeUrl("token_url", token_url, rule);
  return tokenSource(accessTokenRequest(patient, token_url, credential, secrets));
}

/** Signs tokens as the manifest says. */
function signedTokens(
  manifest: Manifest,
  credential: Extract<ReadyCredential, { kind: "key" }>,
): TokenSource {
  const scheme = schemeOf(manifest, SIGNED_JWT);
  const { key, issuer = scheme.issuer ?? "", audience = scheme.audience, lifetimeSeconds = 600 } = credential;
  const algorithms = scheme.algorithms ?? [];
  if (!algorithms.includes(key.algorithm)) {
    throw new VendorClientError(
      "not_offered",
      `This private key signs ${key.algorithm}, but the vendor's manifest accepts ${algorithms.join(", ")}. Use a key of one of these algorithms.`,
    );
  }
  return createTokenMinter({
    key,
    issuer,
    audience: audience ?? undefined,
    lifetimeSeconds: Math.min(lifetimeSeconds, scheme.max_lifetime_seconds ?? 3600),
    now: () => Date.now(),
  });
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
    const { kind } = credential;
    const authorizedFetch =
      kind === "api_key"
        ? withApiKey(patient, credential.apiKey)
        : withTokens(
            patient,
            withSecrets(
              kind === "key"
                ? signedTokens(declared, credential)
                : clientTokens(declared, credential, rule, patient, secrets),
              secrets,
            ),
          );
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
 * Makes calls with tokens. A vendor may revoke an access token before it expires, and its clock may differ: after a 401,
 * the call is repeated once if there is another token. If the vendor refuses that one too, the refusal is final.
 */
const withTokens =
  (patient: PatientFetch, tokens: TokenSource): AuthorizedFetch =>
  async (request) => {
    const call = await callOf(request, "maxResponseBytes");
    const token = await awaitShared(tokens.current(), call.signal, call.url);
    const response = await patient(authorized(call, token));
    if (response.status !== 401) return response;
    const other = tokens.insteadOf(token, response.headers.get("date"));
    const next = await awaitShared(other, call.signal, call.url);
    return next === null ? response : patient(authorized(call, next));
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
