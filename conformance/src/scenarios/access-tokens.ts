import type { Exchange } from "../evidence/exchange.ts";
import { type JsonObject, listOf, readAccessToken, textOf } from "../evidence/read.ts";
import { type Clock, systemClock } from "../harness/clock.ts";
import type { OauthClient } from "../harness/credentials.ts";
import type { Bearer, Recorder } from "../harness/recorder.ts";
import { CannotDriveError } from "./scenario.ts";

/**
 * A token is renewed this long before it expires. A token with a short lifetime is renewed after half its
 * lifetime.
 */
const MARGIN_SECONDS = 60;
/** The assumed lifetime of a token without expires_in. */
const DEFAULT_LIFETIME_SECONDS = 60;

/** Returns the token endpoint. @throws {CannotDriveError} if the manifest does not declare it */
function tokenUrl(manifest: JsonObject | null): URL {
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
  const url = new URL(text);
  if (url.username || url.password) {
    throw new CannotDriveError("the manifest's token_url contains a user name or password; see MAN-007");
  }
  return url;
}

/** Returns the scopes that the manifest tells clients to request; empty if it names none. */
function scopesIn(manifest: JsonObject | null): string {
  const scopes = listOf(manifest, "authentication").find(
    ({ scheme }) => scheme === "oauth2_client_credentials",
  )?.["scopes"];
  return Array.isArray(scopes) ? scopes.map(String).join(" ") : "";
}

/** Requests an access token. @param scope the scopes to request; empty for none */
export const requestToken = (
  recorder: Recorder,
  purpose: string,
  { url, scope }: TokenEndpoint,
  client: OauthClient | null,
): Promise<Exchange> =>
  recorder.call({
    purpose,
    method: "POST",
    repeatable: true,
    url,
    credential: client,
    form: { grant_type: "client_credentials", ...(scope !== "" && { scope }) },
  });

/** Where to request access tokens, and for which scopes. */
export interface TokenEndpoint {
  readonly url: URL;
  readonly scope: string;
}

/** Returns the token endpoint that the manifest declares. @throws {CannotDriveError} if there is none */
export const tokenEndpoint = (manifest: JsonObject | null): TokenEndpoint => ({
  url: tokenUrl(manifest),
  scope: scopesIn(manifest),
});

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
  clock: Clock = systemClock,
): AccessTokens {
  const issued: string[] = [];
  let current: { readonly token: string; readonly renewAt: number } | null = null;
  let asked: Promise<string> | null = null;

  async function renew(recorder: Recorder): Promise<string> {
    const exchange = await requestToken(recorder, "get an access token", endpoint(), client);
    const access = readAccessToken(exchange);
    if (access === null) {
      const answer = exchange.response
        ? String(exchange.response.status)
        : `no response (${exchange.failure})`;
      throw new CannotDriveError(
        `token_url issued no access token for --client-id and --client-secret: ${answer}; see AUTH-004`,
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
