/** An OAuth 2 client that the vendor registered. */
export interface OauthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The credential of the run's calls: the API key or, without one, access tokens issued to the client. */
type Caller =
  | { readonly apiKey: string; readonly client?: OauthClient }
  | { readonly apiKey?: never; readonly client: OauthClient };

/** The credentials given to a run. */
export type Credentials = Caller & {
  /** A key of another tenant of the same vendor. */
  readonly secondApiKey?: string;
  /** A revoked or expired key. */
  readonly withdrawnApiKey?: string;
  /** A key of a production tenant. This key must not give access to sandbox control. */
  readonly productionApiKey?: string;
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
} as const satisfies Record<keyof OauthClient, string>;

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
export const basicLogin = ({ clientId, clientSecret }: OauthClient): string =>
  Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64");

/**
 * Returns every secret among the credentials, verbatim and as encoded in requests. Neither evidence nor
 * reports may contain them.
 */
export function secretsAmong({ client, ...keys }: Credentials): string[] {
  const ofClient = client ? [client.clientSecret, formEncoded(client.clientSecret), basicLogin(client)] : [];
  return [...Object.values(keys), ...ofClient];
}
