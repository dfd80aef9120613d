import { isObject, parseJson } from "../evidence/read.ts";
import { REDACTED } from "./encodings.ts";

/** Patterns that identify a secret by its format or by the text before it. The last group is the secret. */
const SECRET_PATTERNS: readonly RegExp[] = [
  // This contract's signing keys.
  /(whs(?:ec|k)_[A-Za-z0-9+/=_-]+)/g,
  // Private keys: PEM, and the base64 of an Ed25519 key without the PEM header.
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{1,8192}?-----END [A-Z ]*PRIVATE KEY-----)/g,
  /(MC4CAQAwBQYDK2Vw[A-Za-z0-9+/]{40,}=*)/g,
  // A JSON web token, and the credential after the name of a scheme. The pattern requires a digit in the
  // credential, so that it does not match prose.
  /(?<![\w-])(eyJ[\w-]{1,8192}\.eyJ[\w-]{1,8192}\.[\w-]*)/g,
  /\b(?:Bearer|Basic) +(?=[\w.~+/-]*\d)([\w.~+/-]{16,}=*)/gi,
  // The password in a URL.
  /(?<![a-z\d+.-])[a-z][a-z\d+.-]{0,20}:\/\/[^\s/:@"]{0,256}:([^\s/@"]{4,})@/gi,
  // A parameter of a URL or form, or a part of a connection string.
  /(?:^|[?&;,\s"'])(?:client_?secret|access_?token|refresh_?token|id_?token|api_?key|x-api-key|password|pwd|shared_?access_?key|account_?key)=([^&;,\s"'<>]{8,})/gi,
  // Keys, secrets and signatures under names that elsewhere are common words, only in URLs.
  /[?&](?:code|sig|signature|key|token|auth|(?:webhook[_-]?)?secret|subscription[_-]?key)=([^&#\s"'<>]{8,})/gi,
];

/** Matches every text that could match one of the patterns; cheap enough to run on each id, name and time. */
const MAY_HOLD_SECRET = /whs[ek]|PRIVATE KEY|MC4CAQ|eyJ|bearer|basic|[@=]/i;

/**
 * Names of members and headers that hold a credential: `secret` is from the contract, the other names are
 * from OAuth and convention.
 */
const CREDENTIAL_NAME =
  /^(?:x?(?:webhook)?secret|clientsecret|accesstoken|refreshtoken|idtoken|token|x?authtoken|x?apikey|xfunctionskey|password|privatekey)$/;
const AUTHORIZATION = /^(?:proxy)?authorization$/;
const COOKIE = /^(?:set)?cookie$/;

/** In a member or header with such a name, a shorter value is a word such as `none`, not a credential. */
const MIN_NAMED_LENGTH = 8;

/** Caches the names in plain form, because a run has few names and millions of members. */
const plainNames = new Map<string, string>();
const MAX_NAMES = 10_000;

function plain(name: string): string {
  const before = plainNames.get(name);
  if (before !== undefined) return before;
  const made = name.toLowerCase().replaceAll(/[_-]/g, "");
  // A vendor may use ids as names.
  if (plainNames.size < MAX_NAMES) plainNames.set(name, made);
  return made;
}

/** Returns the credential in a member or header, judging by the name; `null` if there is none. */
function extractCredential(name: string, value: string): string | null {
  if (COOKIE.test(name)) return /^[^=;]+=([^;]*)/.exec(value)?.[1] ?? null;
  // A value without a digit is a keyword of a manifest, such as `optional`.
  if (AUTHORIZATION.test(name)) return /\d/.test(value) ? value.replace(/^[A-Za-z]+ +/, "") : null;
  return CREDENTIAL_NAME.test(name) ? value : null;
}

/** A string member in malformed JSON: its name and its value, whose closing quotation mark may be missing. */
const MEMBER = /"([\w-]+)"\s*:\s*"([^"]*)/g;

/** Decodes percent-encoding; returns the text unchanged if its encoding is invalid. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Finds the secrets in one text, by their format or by the name of a JSON member. */
function findInText(text: string): string[] {
  const found: string[] = [];
  const look = (value: unknown, name = ""): void => {
    if (typeof value === "string") {
      const credential = extractCredential(plain(name), value);
      if (credential !== null && credential.length >= MIN_NAMED_LENGTH) found.push(credential);
      if (!MAY_HOLD_SECRET.test(value)) return;
      for (const pattern of SECRET_PATTERNS) {
        for (const [, secret = ""] of value.matchAll(pattern)) found.push(decode(secret));
      }
    } else if (Array.isArray(value)) {
      for (const member of value) look(member, name);
    } else if (isObject(value)) {
      for (const [member, its] of Object.entries(value)) look(its, member);
    }
  };
  // A body can be a listing of a megabyte, so it is parsed only if it may contain a secret.
  if (
    /secret|token|key|password|pwd|cookie|authorization|whs|MC4C|eyJ|bearer|basic|:\/\/[^/\s"]*@|[?&](?:code|sig|signature|auth)=|\\u00/i.test(
      text,
    )
  ) {
    const value = parseJson(text);
    look(value ?? text);
    if (value === undefined) for (const [, name = "", its = ""] of text.matchAll(MEMBER)) look(its, name);
  }
  return found;
}

/**
 * Finds every secret of a run: the given credentials, and secrets that the vendor issued or leaked. Includes
 * the base64 of each signing key without the prefix, because some vendors show keys in that form.
 *
 * @param credentials the credentials that the suite was given
 * @param texts everything that was sent and received
 */
export function findSecrets(credentials: readonly string[], texts: Iterable<string>): string[] {
  const found = new Set(credentials);
  for (const text of texts) for (const secret of findInText(text)) found.add(secret);
  for (const secret of [...found]) {
    const [, bare] = /^whs(?:ec|k)_(.{8,})$/.exec(secret) ?? [];
    if (bare !== undefined) found.add(bare);
  }
  found.delete("");
  // The suite itself wrote this text, so it is not a secret.
  found.delete(REDACTED);
  return [...found];
}
