/** How the client proves who it is: with an API key, or as an OAuth 2 client. @see spec/1.0/contract.md#authentication */
export type Credential = ApiKeyCredential | ClientCredential;

/** A key that the vendor issued; it travels as a bearer token. */
export interface ApiKeyCredential {
  readonly apiKey: string;
}

/** An OAuth 2 client, which gets itself access tokens at the manifest's `token_url` (RFC 6749, section 4.4). */
export interface ClientCredential {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scopes to ask for, separated by spaces; the vendor's default where left out. */
  readonly scope?: string;
}

export const isApiKey = (credential: Credential): credential is ApiKeyCredential => "apiKey" in credential;

/** As in the body of a form. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** The `Authorization` of a token request: HTTP Basic, both parts form-encoded first (RFC 6749, section 2.3.1). */
export const basicAuthorization = ({ clientId, clientSecret }: ClientCredential): string =>
  `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`;

/** As a problem would quote it. */
const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Everything of a credential that could be read back out of a text, in every form it is likely to stand there. */
export function secretParts(credential: Credential): string[] {
  if (isApiKey(credential)) return [credential.apiKey, jsonEscaped(credential.apiKey)];
  const basic = basicAuthorization(credential).slice("Basic ".length);
  const parts = [credential.clientSecret, credential.clientId];
  return [...new Set([basic, ...parts.flatMap((part) => [part, formEncoded(part), jsonEscaped(part)])])];
}
