import {
  type Jwk,
  type PrivateKey,
  readPrivateKey,
  type TokenAlgorithm,
  TokenError,
} from "@convergint/tokens";
import { insist } from "./errors.ts";

/** The client's credential. @see spec/1.0/contract.md#authentication */
export type Credential = ApiKeyCredential | ClientCredential | ClientKeyCredential | KeyCredential;

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

/** A private key whose public key the vendor has. It is never sent. */
interface WithPrivateKey {
  /** PEM (PKCS#8, PKCS#1 or SEC1), a JWK, or a key that `readPrivateKey` of `@convergint/tokens` read. */
  readonly privateKey: string | Jwk | PrivateKey;
  /** Default: the algorithm that fits the key. */
  readonly algorithm?: TokenAlgorithm;
  /** The id that the vendor knows the key by: the `kid` of its tokens. */
  readonly keyId?: string;
}

/** An OAuth 2 client that authenticates at `token_url` with a private key (RFC 7523). */
export interface ClientKeyCredential extends WithPrivateKey {
  readonly clientId: string;
  /** The requested scopes, separated by spaces. Default: the vendor's default. */
  readonly scope?: string;
}

/** A private key that signs the tokens of the calls themselves (`signed_jwt`). */
export interface KeyCredential extends WithPrivateKey {
  /** The `iss` of the tokens. Default: the manifest's `issuer`. */
  readonly issuer?: string;
  /** The `aud` of the tokens. Default: the manifest's `audience`; if it has none, the tokens have none. */
  readonly audience?: string;
  /** Default: 600, and at most the manifest's `max_lifetime_seconds`. */
  readonly lifetimeSeconds?: number;
}

/** A credential whose values were checked, and whose key was read. */
export type ReadyCredential =
  | { readonly kind: "api_key"; readonly apiKey: string }
  | ({ readonly kind: "client_secret" } & ClientCredential)
  | ({ readonly kind: "client_key"; readonly key: PrivateKey } & Pick<
      ClientKeyCredential,
      "clientId" | "scope"
    >)
  | ({ readonly kind: "key"; readonly key: PrivateKey } & Omit<KeyCredential, keyof WithPrivateKey>);

/** The credentials of an OAuth 2 client. */
export type ReadyClient = Extract<ReadyCredential, { kind: "client_secret" | "client_key" }>;

/** Visible ASCII characters, which are valid in a header. */
const BEARER = /^[\x21-\x7e]+$/;
/** Characters that RFC 6749 (appendix A) allows in a client's id, secret and scopes. */
const PRINTABLE = /^[\x20-\x7e]+$/;

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === "string" && pattern.test(value);

/** Reads the private key of a credential. The error says what is wrong with it, and does not quote it. */
function readKey({ privateKey, algorithm, keyId }: WithPrivateKey): PrivateKey {
  const advice = "pass the text of a PEM file or a JWK.";
  insist(
    typeof privateKey === "string" || (typeof privateKey === "object" && privateKey !== null),
    `Invalid private key: ${advice}`,
  );
  try {
    return readPrivateKey(privateKey, { algorithm, keyId });
  } catch (error) {
    insist(!(error instanceof TokenError), `Invalid private key. ${(error as Error).message}`);
    throw error;
  }
}

/**
 * Checks a credential and reads its key. Quotes no value: it may be a secret.
 *
 * @throws {VendorClientError} `invalid_option`
 */
export function readCredential(credential: Credential): ReadyCredential {
  if ("apiKey" in credential) {
    insist(
      isText(credential.apiKey, BEARER),
      "Invalid API key: pass the key as issued, in visible ASCII characters without spaces or line ends.",
    );
    return { kind: "api_key", apiKey: credential.apiKey };
  }
  if ("privateKey" in credential && !("clientId" in credential)) {
    const { issuer, audience, lifetimeSeconds: seconds = 600 } = credential;
    const isName = (value: unknown) => value === undefined || (typeof value === "string" && value !== "");
    insist(isName(issuer), "Invalid issuer: pass the issuer that you agreed with the vendor, or omit it.");
    insist(
      isName(audience),
      "Invalid audience: pass the audience that you agreed with the vendor, or omit it.",
    );
    insist(
      Number.isSafeInteger(seconds) && seconds >= 10 && seconds <= 3600,
      "Invalid lifetimeSeconds: pass a whole number from 10 to 3600.",
    );
    const { privateKey: _, algorithm: __, keyId: ___, ...rest } = credential;
    return { kind: "key", key: readKey(credential), ...rest };
  }
  const { clientId, scope } = credential;
  insist(
    isText(clientId, PRINTABLE),
    "Invalid client id or secret: pass both as issued, in ASCII characters without line ends.",
  );
  insist(
    scope === undefined || isText(scope, PRINTABLE),
    "Invalid scope: pass scopes separated by spaces, or omit scope.",
  );
  const scoped = { clientId, ...(scope === undefined ? {} : { scope }) };
  if ("privateKey" in credential) {
    insist(!("clientSecret" in credential), "Pass a client secret or a private key, not both.");
    return { kind: "client_key", key: readKey(credential), ...scoped };
  }
  const { clientSecret } = credential;
  insist(
    isText(clientSecret, PRINTABLE),
    "Invalid client id or secret: pass both as issued, in ASCII characters without line ends.",
  );
  return { kind: "client_secret", clientSecret, ...scoped };
}

/** Encodes text the way a form body does. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

/** Returns the `Authorization` header of a token request: HTTP Basic, both parts form-encoded first (RFC 6749, section 2.3.1). */
export const basicAuthorization = ({ clientId, clientSecret }: ClientCredential): string =>
  `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`;

/** Escapes text for use inside a JSON string. */
const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/**
 * Lists the secrets of a credential that a vendor receives, each in every encoding in which it may appear in a text. A
 * private key is not sent, so a vendor cannot quote it.
 */
export function secretParts(credential: ReadyCredential): string[] {
  switch (credential.kind) {
    case "api_key":
      return [credential.apiKey, jsonEscaped(credential.apiKey)];
    case "client_secret": {
      const basic = basicAuthorization(credential).slice("Basic ".length);
      const parts = [credential.clientSecret, credential.clientId];
      return [...new Set([basic, ...parts.flatMap((part) => [part, formEncoded(part), jsonEscaped(part)])])];
    }
    default:
      return [];
  }
}
