/** The client's credential: an API key, or an OAuth 2 client. @see spec/1.0/contract.md#authentication */
export type Credential = ApiKeyCredential | ClientCredential;

/** A key that the vendor issued; sent as a bearer token. */
export interface ApiKeyCredential {
  readonly apiKey: string;
}

/** An OAuth 2 client; it gets access tokens at the manifest's `token_url` (RFC 6749, section 4.4). */
export interface ClientCredential {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The requested scopes, separated by spaces. Default: the vendor's default. */
  readonly scope?: string;
}

export const isApiKey = (credential: Credential): credential is ApiKeyCredential => "apiKey" in credential;

/** Encodes text the way a form body does. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** Returns the `Authorization` header of a token request: HTTP Basic, both parts form-encoded first (RFC 6749, section 2.3.1). */
export const basicAuthorization = ({ clientId, clientSecret }: ClientCredential): string =>
  `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`;

/** Escapes text for use inside a JSON string. */
const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Lists the secrets of a credential, each in every encoding in which it may appear in a text. */
export function secretParts(credential: Credential): string[] {
  if (isApiKey(credential)) return [credential.apiKey, jsonEscaped(credential.apiKey)];
  const basic = basicAuthorization(credential).slice("Basic ".length);
  const parts = [credential.clientSecret, credential.clientId];
  return [...new Set([basic, ...parts.flatMap((part) => [part, formEncoded(part), jsonEscaped(part)])])];
}
