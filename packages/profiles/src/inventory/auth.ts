import { type Secrets, secretsOf } from "@convergint/internal/secrets";
import {
  type AccessToken,
  type TokenSource,
  tokenSource,
  withSecrets,
} from "@convergint/internal/token-source";
import {
  createTokenMinter,
  type Jwk,
  type PrivateKey,
  readPrivateKey,
  type TokenAlgorithm,
  TokenError,
} from "@convergint/tokens";
import type { Place } from "../errors.ts";
import type { AuthRule } from "../profile.ts";
import type { Send, VendorAnswer, VendorCall } from "./request.ts";
import { VendorReadError } from "./vendor-error.ts";

/** The credential that the vendor issued: a key, an OAuth 2 client, or a private key whose public key the vendor has. */
export type ProfileCredential =
  | { readonly apiKey: string }
  | { readonly clientId: string; readonly clientSecret: string; readonly scope?: string }
  | {
      readonly privateKey: string | Jwk | PrivateKey;
      readonly algorithm?: TokenAlgorithm;
      readonly keyId?: string;
      readonly issuer?: string;
      readonly audience?: string;
      readonly lifetimeSeconds?: number;
    };

/** How calls are authenticated: a token, and the header that carries it. */
export interface Authorization {
  readonly tokens: TokenSource;
  readonly header: string;
  /** Text before the token. */
  readonly prefix: string;
}

/** What authentication needs. */
export interface AuthParts {
  readonly rule: AuthRule;
  readonly place: Place;
  readonly credential: ProfileCredential;
  readonly send: Send;
  readonly secrets: Secrets;
  /** Resolves a path or an absolute URL of the profile. @throws {VendorReadError} `unsafe_url` */
  readonly toUrl: (pathOrUrl: string) => string;
  /** Renders the login request of `session_token`; the credential is not in it yet. */
  readonly renderLogin: (request: LoginRule["request"]) => Pick<VendorCall, "url" | "headers" | "body">;
  /** Evaluates `session_token.token` on the response; `undefined` if it is absent. */
  readonly readToken: (rule: LoginRule, answer: VendorAnswer, body: unknown) => unknown;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Rule<Scheme extends AuthRule["scheme"]> = Extract<AuthRule, { scheme: Scheme }>;
type LoginRule = Rule<"session_token">;

const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);
/** Returns the `Authorization` of a token request: both parts form-encoded first (RFC 6749, section 2.3.1). */
const basicAuthorization = (clientId: string, clientSecret: string): string =>
  `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64")}`;

/** Creates the store of secrets that no message may quote: the credential, in each form in which it may appear. */
export function createSecrets(credential: ProfileCredential): Secrets {
  if ("apiKey" in credential) return secretsOf([credential.apiKey, jsonEscaped(credential.apiKey)]);
  if (!("clientSecret" in credential)) return secretsOf([]);
  const { clientId, clientSecret } = credential;
  const basic = basicAuthorization(clientId, clientSecret).slice("Basic ".length);
  return secretsOf([
    basic,
    ...[clientSecret, clientId].flatMap((part) => [part, formEncoded(part), jsonEscaped(part)]),
  ]);
}

/** A key that never changes: after a 401, there is no other. */
const fixedToken = (token: string): TokenSource => ({
  current: async () => token,
  insteadOf: async () => null,
});

/** Visible ASCII, which is valid in a header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Parses the answer to a token request. Quotes nothing of it, because one of its values is a token. */
function readBody(
  { status, text }: VendorAnswer,
  place: Place,
  what: string,
): Readonly<Record<string, unknown>> {
  if (status < 200 || status > 299) {
    const message = `${what} answered ${status} instead of sending a token. Check the credential that the vendor issued.`;
    const isRefusal = status === 400 || status === 401 || status === 403;
    throw new VendorReadError(isRefusal ? "unauthorized" : "vendor_refused", place, message, {
      status: isRefusal ? 401 : 502,
    });
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) return { ...body };
  } catch {
    // The answer is not JSON; the error below says so.
  }
  throw new VendorReadError(
    "not_json",
    place,
    `${what} answered ${status} with a body that is not a JSON object.`,
  );
}

const missingToken = (place: Place, what: string) =>
  new VendorReadError(
    "missing_token",
    place,
    `The response of ${what} has no token here, or a token that is not visible ASCII. Check the profile's \`auth\`.`,
  );

function requestAccessToken(
  { token_url, client_auth, scope }: Rule<"oauth2_client_credentials">,
  credential: Extract<ProfileCredential, { clientId: string }>,
  { send, toUrl, place }: AuthParts,
): () => Promise<AccessToken> {
  const { clientId, clientSecret, scope: ownScope = scope } = credential;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (ownScope !== undefined) form.set("scope", ownScope);
  if (client_auth === "body") {
    form.set("client_id", clientId);
    form.set("client_secret", clientSecret);
  }
  return async () => {
    const url = toUrl(token_url);
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      ...(client_auth === "basic" && { authorization: basicAuthorization(clientId, clientSecret) }),
    };
    const call: VendorCall = { url, method: "POST", headers, body: form.toString(), place };
    const answer = await send(call, (result) => ({ result }));
    const { access_token, expires_in } = readBody(answer, place, url);
    if (typeof access_token !== "string" || !TOKEN.test(access_token)) throw missingToken(place, url);
    const seconds = Number(expires_in ?? Number.NaN);
    return { token: access_token, expiresInSeconds: seconds >= 0 ? seconds : undefined };
  };
}

const withCredential = (text: string, apiKey: string) => text.replaceAll("<credential>", apiKey);

function requestSessionToken(
  rule: LoginRule,
  apiKey: string,
  { send, renderLogin, readToken, place }: AuthParts,
): () => Promise<AccessToken> {
  return async () => {
    const { url, headers, body } = renderLogin(rule.request);
    const call: VendorCall = {
      url,
      method: rule.request.method,
      headers: {
        ...(body !== null && { "content-type": "application/json" }),
        accept: "application/json",
        ...Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, withCredential(value, apiKey)]),
        ),
      },
      body: body === null ? null : withCredential(body, jsonEscaped(apiKey)),
      place,
    };
    const answer = await send(call, (result) => ({ result }));
    const token = readToken(rule, answer, readBody(answer, place, url));
    if (typeof token !== "string" || !TOKEN.test(token)) throw missingToken(rule.token.place, url);
    return { token, expiresInSeconds: rule.lifetime_seconds };
  };
}

function mintTokens(
  rule: Rule<"signed_jwt">,
  credential: Extract<ProfileCredential, { privateKey: unknown }>,
  { place, now }: AuthParts,
): TokenSource {
  const { privateKey, algorithm, keyId, issuer, audience, lifetimeSeconds } = credential;
  try {
    return createTokenMinter({
      key: readPrivateKey(privateKey, { algorithm, keyId }),
      issuer: issuer ?? rule.issuer,
      audience: audience ?? rule.audience ?? undefined,
      lifetimeSeconds: Math.min(lifetimeSeconds ?? rule.lifetime_seconds, rule.lifetime_seconds),
      now,
    });
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new VendorReadError("wrong_credential", place, error.message, { status: 401 });
  }
}

/**
 * Creates the authentication that a profile describes; `null` for none.
 *
 * @throws {VendorReadError} `wrong_credential` if the profile needs another kind of credential
 */
export function createAuthorization(parts: AuthParts): Authorization | null {
  const { rule, credential, secrets, place, now } = parts;
  const wrong = (needs: string) =>
    new VendorReadError("wrong_credential", place, `This profile needs ${needs} as the credential.`, {
      status: 401,
    });
  const keyOf = (): string => {
    if (!("apiKey" in credential)) throw wrong("an API key");
    if (!TOKEN.test(credential.apiKey)) throw wrong("an API key in visible ASCII characters without spaces");
    return credential.apiKey;
  };
  const bearer = (tokens: TokenSource) => ({
    tokens: withSecrets(tokens, secrets),
    header: "authorization",
    prefix: "Bearer ",
  });
  switch (rule.scheme) {
    case "none":
      return null;
    case "bearer":
      return bearer(fixedToken(keyOf()));
    case "header":
      return { tokens: fixedToken(keyOf()), header: rule.name, prefix: rule.prefix };
    case "oauth2_client_credentials":
      if (!("clientSecret" in credential)) throw wrong("a client id and secret");
      return bearer(tokenSource(requestAccessToken(rule, credential, parts), now));
    case "signed_jwt":
      if (!("privateKey" in credential)) throw wrong("a private key");
      return bearer(mintTokens(rule, credential, parts));
    case "session_token": {
      const source = tokenSource(requestSessionToken(rule, keyOf(), parts), now);
      return { tokens: withSecrets(source, secrets), header: rule.header, prefix: rule.prefix };
    }
  }
}

/** Which kind of credential each scheme needs. */
const NEEDS: Readonly<Record<AuthRule["scheme"], "apiKey" | "clientSecret" | "privateKey" | null>> = {
  none: null,
  bearer: "apiKey",
  header: "apiKey",
  session_token: "apiKey",
  oauth2_client_credentials: "clientSecret",
  signed_jwt: "privateKey",
};

/**
 * Picks the authentication that fits the kind of the credential.
 *
 * @throws {VendorReadError} `wrong_credential`
 */
export function pickAuth(rules: readonly AuthRule[], credential: ProfileCredential, place: Place): AuthRule {
  const fitting = rules.find(({ scheme }) => {
    const needed = NEEDS[scheme];
    return needed === null || needed in credential;
  });
  if (fitting !== undefined || rules.length === 0) return fitting ?? { scheme: "none" };
  throw new VendorReadError(
    "wrong_credential",
    place,
    `This profile needs another kind of credential. It authenticates with ${rules.map(({ scheme }) => scheme).join(" or ")}.`,
    { status: 401 },
  );
}
