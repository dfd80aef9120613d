import { isObject, parseJson } from "../evidence/read.ts";

/** What signing keys of this contract look like, wherever they stand. */
const SIGNING_KEY = /whs(?:ec|k)_[A-Za-z0-9+/=_-]+/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g;

/** Members that hold a credential by their name, however it is spelled; `secret` is the contract's own, the others are OAuth's and habit. */
const CALLED = /^(?:secret|clientsecret|token|accesstoken|refreshtoken|idtoken|apikey|password|privatekey)$/;

const isCalledSecret = (name: string): boolean => CALLED.test(name.replaceAll(/[_-]/g, "").toLowerCase());

/** A shorter value of such a member is no credential, but a word such as `none`. */
const LEAST_CALLED = 8;

/** The secrets in one text: whatever looks like one, and what a JSON member calls one. */
function secretsIn(text: string): string[] {
  // Most bodies are listings of a megabyte: parsed only where they may hold something.
  const called: string[] = [];
  const look = (value: unknown, name = ""): void => {
    if (typeof value === "string") {
      if (isCalledSecret(name) && value.length >= LEAST_CALLED) called.push(value);
      for (const [found] of value.matchAll(SIGNING_KEY)) called.push(found);
      for (const [found] of value.matchAll(PRIVATE_KEY)) called.push(found);
    } else if (Array.isArray(value)) {
      for (const member of value) look(member, name);
    } else if (isObject(value)) {
      for (const [member, its] of Object.entries(value)) look(its, member);
    }
  };
  if (/secret|token|key|password|whs|\\u00/i.test(text)) look(parseJson(text) ?? text);
  return called;
}

/**
 * Every secret that a run knows of, each once: the credentials that it was given, and what the vendor made.
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
  return [...found];
}
