import type { KeyClient, SigningKey } from "./signed-token.ts";

/** An OAuth 2 client that logs in with a secret. */
export interface SecretClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** An OAuth 2 client that the vendor registered. */
export type OauthClient = SecretClient | KeyClient;

/** The issuer and the audience of tokens, if they differ from those of the manifest. */
export interface TokenParties {
  readonly issuer?: string;
  readonly audience?: string;
}

/**
 * The credential of the run's calls: the API key; without one, tokens signed with the private key; without either,
 * access tokens issued to the client.
 */
type Caller =
  | { readonly apiKey: string; readonly key?: SigningKey; readonly client?: OauthClient }
  | { readonly apiKey?: never; readonly key: SigningKey; readonly client?: OauthClient }
  | { readonly apiKey?: never; readonly key?: never; readonly client: OauthClient };

/** The credentials given to a run. */
export type Credentials = Caller & {
  /** A key of another tenant of the same vendor. */
  readonly secondApiKey?: string;
  readonly secondKey?: SigningKey;
  /** A revoked or expired key. */
  readonly withdrawnApiKey?: string;
  readonly withdrawnKey?: SigningKey;
  /** A key of a production tenant. This key must not give access to sandbox control. */
  readonly productionApiKey?: string;
  readonly productionKey?: SigningKey;
  /** The key that replaces the private key; both work during the rotation. */
  readonly nextKey?: SigningKey;
  readonly parties?: TokenParties;
  /** An access token that has expired. */
  readonly expiredAccessToken?: string;
};

/** The environment variable of each key. */
export const KEY_VARIABLES = {
  apiKey: "CONFORMANCE_API_KEY",
  secondApiKey: "CONFORMANCE_SECOND_API_KEY",
  withdrawnApiKey: "CONFORMANCE_WITHDRAWN_API_KEY",
  productionApiKey: "CONFORMANCE_PRODUCTION_API_KEY",
  expiredAccessToken: "CONFORMANCE_EXPIRED_ACCESS_TOKEN",
} as const satisfies Partial<Record<keyof Credentials, string>>;

/** The environment variables of the OAuth client. */
export const CLIENT_VARIABLES = {
  clientId: "CONFORMANCE_CLIENT_ID",
  clientSecret: "CONFORMANCE_CLIENT_SECRET",
} as const satisfies Record<keyof SecretClient, string>;

/** The environment variables of the private key: one for the name of its file, one for the key itself. */
export const PRIVATE_KEY_VARIABLES = {
  file: "CONFORMANCE_PRIVATE_KEY_FILE",
  key: "CONFORMANCE_PRIVATE_KEY",
} as const;

/** Maps each key to its environment variable, whose name is shown in place of the key. */
export const variablesOf = (credentials: Credentials): ReadonlyMap<string, string> =>
  new Map(
    (Object.keys(KEY_VARIABLES) as (keyof typeof KEY_VARIABLES)[]).flatMap((name) => {
      const key = credentials[name];
      return key === undefined ? [] : [[key, KEY_VARIABLES[name]] as const];
    }),
  );

/** Encodes text for a form body. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

/**
 * Returns the HTTP Basic credentials of a client: id and secret, each form-encoded first (RFC 6749, section
 * 2.3.1).
 */
export const basicLogin = ({ clientId, clientSecret }: SecretClient): string =>
  Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64");

/**
 * Returns every secret among the credentials, verbatim and as encoded in requests. Neither evidence nor
 * reports may contain them. Private keys are never sent, so evidence cannot contain them.
 */
export function secretsAmong({ client, ...credentials }: Credentials): string[] {
  const keys = Object.values(credentials).filter((each) => typeof each === "string");
  if (client === undefined || "key" in client) return keys;
  return [...keys, client.clientSecret, formEncoded(client.clientSecret), basicLogin(client)];
}
