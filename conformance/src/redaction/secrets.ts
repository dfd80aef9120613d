import { isObject, parseJson } from "../evidence/read.ts";
import { REDACTED } from "./mark.ts";

/** What gives a secret away wherever it stands: how it looks, or the words before it. The last group is the secret. */
const TELLING: readonly RegExp[] = [
  // Signing keys of this contract.
  /(whs(?:ec|k)_[A-Za-z0-9+/=_-]+)/g,
  // Private keys: as PEM, and the Ed25519 key in it without its frame.
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----)/g,
  /(MC4CAQAwBQYDK2Vw[A-Za-z0-9+/]{40,}=*)/g,
  // A JSON web token, and what follows the name of a scheme; a digit tells it from a word.
  /\b(eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)/g,
  /\b(?:Bearer|Basic) +(?=[\w.~+/-]*\d)([\w.~+/-]{16,}=*)/gi,
  // The password in a URL.
  /\b[a-z][a-z\d+.-]*:\/\/[^\s/:@"]*:([^\s/@"]{4,})@/gi,
  // A parameter of a URL or a form, or a part of a connection string.
  /(?:^|[?&;,\s"'])(?:client_?secret|access_?token|refresh_?token|id_?token|api_?key|x-api-key|password|pwd|shared_?access_?key|account_?key)=([^&;,\s"'<>]{8,})/gi,
  // What Azure calls its function keys and signatures, in URLs alone.
  /[?&](?:code|sig|key|token)=([^&#\s"'<>]{8,})/gi,
];

/** What each of those takes at least: most texts are ids, names and times, and are looked at no further. */
const MAY_TELL = /whs[ek]|PRIVATE KEY|MC4CAQ|eyJ|bearer|basic|[@=]/i;

/** Members and headers that hold a credential by their name; `secret` is the contract's own, the others are OAuth's and habit. */
const CALLED =
  /^(?:x?(?:webhook)?secret|clientsecret|accesstoken|refreshtoken|idtoken|token|x?authtoken|x?apikey|xfunctionskey|password|privatekey)$/;
const AUTHORIZATION = /^(?:proxy)?authorization$/;
const COOKIE = /^(?:set)?cookie$/;

/** A shorter value of such a member is no credential, but a word such as `none`. */
const LEAST_CALLED = 8;

const plain = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, "");

/** The credential in a member or header, by its name. */
function credentialIn(name: string, value: string): string | null {
  if (COOKIE.test(name)) return /^[^=;]+=([^;]*)/.exec(value)?.[1] ?? null;
  // Without a digit it is a word of a manifest's, such as `optional`.
  if (AUTHORIZATION.test(name)) return /\d/.test(value) ? value.replace(/^[A-Za-z]+ +/, "") : null;
  return CALLED.test(name) ? value : null;
}

/** A member with a text, in what means to be JSON: its name and what is in its quotation marks, closed or not. */
const MEMBER = /"([\w-]+)"\s*:\s*"([^"]*)/g;

/** What a text stands for where it is percent-encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The secrets in one text: whatever looks like one, and what a JSON member calls one. */
function secretsIn(text: string): string[] {
  const found: string[] = [];
  const look = (value: unknown, name = ""): void => {
    if (typeof value === "string") {
      const credential = credentialIn(plain(name), value);
      if (credential !== null && credential.length >= LEAST_CALLED) found.push(credential);
      if (!MAY_TELL.test(value)) return;
      for (const pattern of TELLING) {
        for (const [, secret = ""] of value.matchAll(pattern)) found.push(decoded(secret));
      }
    } else if (Array.isArray(value)) {
      for (const member of value) look(member, name);
    } else if (isObject(value)) {
      for (const [member, its] of Object.entries(value)) look(its, member);
    }
  };
  // Most bodies are listings of a megabyte: parsed only where they may hold something.
  if (
    /secret|token|key|password|pwd|cookie|authorization|whs|MC4C|eyJ|bearer|basic|:\/\/[^/\s"]*@|[?&](?:code|sig)=|\\u00/i.test(
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
 * Every secret that a run knows of, each once: the credentials that it was given, and what the vendor made or let slip.
 * Also the bare base64 of a signing key, which some vendors show without its prefix.
 *
 * @param credentials those that the suite was given, whoever's they are
 * @param texts everything that was sent and answered
 */
export function secretsOf(credentials: readonly string[], texts: Iterable<string>): string[] {
  const found = new Set(credentials);
  for (const text of texts) for (const secret of secretsIn(text)) found.add(secret);
  for (const secret of [...found]) {
    const [, bare] = /^whs(?:ec|k)_(.{8,})$/.exec(secret) ?? [];
    if (bare !== undefined) found.add(bare);
  }
  found.delete("");
  // The suite's own mark is no secret.
  found.delete(REDACTED);
  return [...found];
}
