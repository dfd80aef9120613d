/** An OAuth 2 client, as the vendor registered it. */
export interface OauthClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a run calls with: an API key, or else the access tokens that a client gets itself. */
type Caller =
  | { readonly apiKey: string; readonly client?: OauthClient }
  | { readonly apiKey?: never; readonly client: OauthClient };

/** What a run is given to call the vendor with. */
export type Credentials = Caller & {
  /** Another tenant's of the same vendor. */
  readonly secondApiKey?: string;
  /** One that was withdrawn or has expired. */
  readonly withdrawnApiKey?: string;
  /** A production tenant's, which sandbox control is closed to. */
  readonly productionApiKey?: string;
};

/** The variable of the environment that each key comes by. */
export const KEY_VARIABLES = {
  apiKey: "CONFORMANCE_API_KEY",
  secondApiKey: "CONFORMANCE_SECOND_API_KEY",
  withdrawnApiKey: "CONFORMANCE_WITHDRAWN_API_KEY",
  productionApiKey: "CONFORMANCE_PRODUCTION_API_KEY",
} as const satisfies Partial<Record<keyof Credentials, string>>;

/** The variables of the environment that a client comes by. */
export const CLIENT_VARIABLES = {
  clientId: "CONFORMANCE_CLIENT_ID",
  clientSecret: "CONFORMANCE_CLIENT_SECRET",
} as const satisfies Record<keyof OauthClient, string>;

/** By key, the variable that it comes by: what may be shown of a key. */
export const variablesOf = (credentials: Credentials): ReadonlyMap<string, string> =>
  new Map(
    (Object.keys(KEY_VARIABLES) as (keyof typeof KEY_VARIABLES)[]).flatMap((name) => {
      const key = credentials[name];
      return key === undefined ? [] : [[key, KEY_VARIABLES[name]] as const];
    }),
  );

/** As in the body of a form. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

/** A client's login by HTTP Basic, both parts form-encoded first (RFC 6749, section 2.3.1). */
export const basicLogin = ({ clientId, clientSecret }: OauthClient): string =>
  Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64");

/** Every secret among credentials, also as it travels: what no evidence and no report may show. */
export function secretsAmong({ client, ...keys }: Credentials): string[] {
  const ofClient = client ? [client.clientSecret, formEncoded(client.clientSecret), basicLogin(client)] : [];
  return [...Object.values(keys), ...ofClient];
}
