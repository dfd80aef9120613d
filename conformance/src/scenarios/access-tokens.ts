import type { Exchange } from "../evidence/exchange.ts";
import { type JsonObject, listOf, readAccessToken, textOf } from "../evidence/read.ts";
import { type Clock, systemClock } from "../harness/clock.ts";
import {
  type Credentials,
  type OauthClient,
  type SecretClient,
  variablesOf,
} from "../harness/credentials.ts";
import type { Bearer, OtherBearers, Recorder } from "../harness/recorder.ts";
import type { TokenMint } from "../harness/signed-token.ts";
import { CannotDriveError } from "./scenario.ts";

/**
 * A token is renewed this long before it expires. A token with a short lifetime is renewed after half its
 * lifetime.
 */
const MARGIN_SECONDS = 60;
/** The assumed lifetime of a token without expires_in. */
const DEFAULT_LIFETIME_SECONDS = 60;

/** Returns the token URL as declared. @throws {CannotDriveError} if the manifest declares no usable one */
function tokenUrl(manifest: JsonObject | null): string {
  const declared = listOf(manifest, "authentication").find(
    ({ scheme }) => scheme === "oauth2_client_credentials",
  );
  if (declared === undefined) {
    throw new CannotDriveError(
      "--client-id needs oauth2_client_credentials, but the manifest does not declare it; pass an API key with --api-key",
    );
  }
  const text = textOf(declared, "token_url");
  if (text === null || !URL.canParse(text)) {
    throw new CannotDriveError("the manifest has no valid token_url; see MAN-001");
  }
  const { username, password } = new URL(text);
  if (username || password) {
    throw new CannotDriveError("the manifest's token_url contains a user name or password; see MAN-007");
  }
  return text;
}

/** Returns the scopes that the manifest tells clients to request; empty if it names none. */
function scopesIn(manifest: JsonObject | null): string {
  const scopes = listOf(manifest, "authentication").find(
    ({ scheme }) => scheme === "oauth2_client_credentials",
  )?.["scopes"];
  return Array.isArray(scopes) ? scopes.map(String).join(" ") : "";
}

/** How a client identifies itself to the token endpoint. */
interface Login {
  /** Sent by HTTP Basic; `null` for nothing. */
  readonly credential: SecretClient | null;
  readonly form: Readonly<Record<string, string>>;
}

/** The login of a caller without client credentials. */
export const NO_LOGIN: Login = { credential: null, form: {} };

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Sends an assertion in place of a secret. @see RFC 7523, section 2.2 */
export const assertionLogin = (clientId: string, assertion: string): Login => ({
  credential: null,
  form: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
});

/** Returns the login of a client: its secret, or a new assertion. */
export const loginOf = (client: OauthClient, { audience }: TokenEndpoint, mint: TokenMint): Login =>
  "key" in client
    ? assertionLogin(client.clientId, mint.assertion(client, audience))
    : { credential: client, form: {} };

/** Requests an access token. */
export const requestToken = (
  recorder: Recorder,
  purpose: string,
  { url, scope }: TokenEndpoint,
  { credential, form }: Login,
): Promise<Exchange> =>
  recorder.call({
    purpose,
    method: "POST",
    repeatable: true,
    url,
    credential,
    form: { grant_type: "client_credentials", ...(scope !== "" && { scope }), ...form },
  });

/** Where to request access tokens, and for which scopes. */
export interface TokenEndpoint {
  readonly url: URL;
  /** The scopes to request; empty for none. */
  readonly scope: string;
  /** The URL as the manifest writes it, which is the audience of assertions. */
  readonly audience: string;
}

/** Returns the token endpoint that the manifest declares. @throws {CannotDriveError} if there is none */
export function tokenEndpoint(manifest: JsonObject | null): TokenEndpoint {
  const audience = tokenUrl(manifest);
  return { url: new URL(audience), scope: scopesIn(manifest), audience };
}

/** The access tokens of a run. */
export interface AccessTokens {
  /**
   * Returns a valid token. Renews the token before it expires, with a single request for all waiting calls.
   */
  readonly bearer: Bearer;
  /** All tokens issued so far; no evidence may contain one. */
  readonly issued: readonly string[];
}

/**
 * Creates the access tokens of a run.
 *
 * @param endpoint returns the token endpoint; called after the manifest was read
 * @throws {CannotDriveError} from `bearer` if no token is issued
 */
export function accessTokens(
  client: OauthClient,
  endpoint: () => TokenEndpoint,
  mint: TokenMint,
  clock: Clock = systemClock,
): AccessTokens {
  const issued: string[] = [];
  let current: { readonly token: string; readonly renewAt: number } | null = null;
  let asked: Promise<string> | null = null;

  async function renew(recorder: Recorder): Promise<string> {
    const at = endpoint();
    const exchange = await requestToken(recorder, "get an access token", at, loginOf(client, at, mint));
    const access = readAccessToken(exchange);
    if (access === null) {
      const answer = exchange.response
        ? String(exchange.response.status)
        : `no response (${exchange.failure})`;
      throw new CannotDriveError(
        `token_url issued no access token for the client of --client-id: ${answer}; see AUTH-004`,
      );
    }
    const { token, expiresIn } = access;
    const seconds =
      expiresIn === null ? DEFAULT_LIFETIME_SECONDS : expiresIn - Math.min(MARGIN_SECONDS, expiresIn / 2);
    current = { token, renewAt: Date.parse(exchange.startedAt) + seconds * 1000 };
    issued.push(token);
    return token;
  }

  return {
    issued,
    bearer(recorder) {
      if (current !== null && clock.now() < current.renewAt) return Promise.resolve(current.token);
      asked ??= renew(recorder).finally(() => {
        asked = null;
      });
      return asked;
    },
  };
}

/** The bearer tokens of a run. */
export interface RunBearers extends AccessTokens {
  readonly others: OtherBearers;
  /** Names credentials by their environment variable, and tokens by the variable that commands in reports use. */
  readonly names: Pick<ReadonlyMap<string, string>, "get">;
}

/**
 * Returns the bearer tokens of a run: API keys, tokens signed with private keys, and issued access tokens.
 *
 * @param manifest returns the manifest; called after it was read
 */
export function bearersOf(
  credentials: Credentials,
  manifest: () => JsonObject | null,
  mint: TokenMint,
  clock: Clock,
): RunBearers {
  const { apiKey, key, client } = credentials;
  const either = (text: string | undefined, signing: typeof key): Bearer | undefined =>
    text ?? (signing && (async () => mint.current(signing)));
  const second = either(credentials.secondApiKey, credentials.secondKey);
  const withdrawn = either(credentials.withdrawnApiKey, credentials.withdrawnKey);
  const production = either(credentials.productionApiKey, credentials.productionKey);
  const others = {
    ...(second !== undefined && { second }),
    ...(withdrawn !== undefined && { withdrawn }),
    ...(production !== undefined && { production }),
  };
  const variables = variablesOf(credentials);
  const own = either(apiKey, key);
  const tokens: AccessTokens =
    own === undefined
      ? accessTokens(client as OauthClient, () => tokenEndpoint(manifest()), mint, clock)
      : { bearer: own, issued: [] };
  const nameOf = (secret: string): string | undefined =>
    mint.hasSigned(secret) ? "TOKEN" : tokens.issued.includes(secret) ? "ACCESS_TOKEN" : undefined;
  return { ...tokens, others, names: { get: (secret) => variables.get(secret) ?? nameOf(secret) } };
}
