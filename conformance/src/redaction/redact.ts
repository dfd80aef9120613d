import type { EvidenceRecord } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { parseJson, shareParsedBody } from "../evidence/read.ts";
import { isDelivery, isExchange } from "../evidence/traffic.ts";
import { createReplacer, listEncodings, REDACTED } from "./encodings.ts";
import { createPlaceholders } from "./placeholders.ts";
import { createResigner } from "./resign.ts";
import { findSecrets } from "./secrets.ts";

/** Matches any escape; texts without escapes are skipped. */
const ANY_ESCAPE = /\\u00[2-7]|%(?:25)*[2-7]|&#|\\\//;

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const anyCase = (hex: string) => hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/** Builds a pattern for one character: verbatim, or escaped once or several times for JSON, URLs or HTML. */
function patternOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, "0"));
  const alternatives = [
    literal(character),
    // The repetition is bounded, because an unbounded run of backslashes takes quadratic time.
    `\\\\{1,8}u00${hex}`,
    `%(?:25)*${hex}`,
    `&#0*${code};?`,
    `&#[xX]0*${hex};?`,
    ...(character === "/" ? ["\\\\{1,8}/"] : []),
  ];
  return `(?:${alternatives.join("|")})`;
}

/** Matches an escape, with what can follow if it was escaped again: `%2541` is `%41`, escaped. */
const ESCAPES = /\\u00([0-9a-f]{2})|%((?:25)*[0-9a-f]{2})|&#0*(\d{1,3})|&#x0*([0-9a-f]{2})|\\(\/)/gi;

/**
 * Returns every printable ASCII character that some escape in a text may represent. An escape can end in several places: `&#471`
 * is `&#47` and `1`, or the character 471.
 */
function listEscaped(text: string): ReadonlySet<string> {
  const codes = new Set<number>();
  for (const [, json, url = "", decimal = "", html, slash] of text.matchAll(ESCAPES)) {
    for (const hex of [json, html, ...(url.match(/../g) ?? [])]) if (hex) codes.add(Number.parseInt(hex, 16));
    for (const length of [2, 3]) codes.add(Number(decimal.slice(0, length)));
    if (slash) codes.add(slash.charCodeAt(0));
  }
  return new Set([...codes].map((code) => String.fromCharCode(code)));
}

const PRINTABLE = /^[ -~]*$/;

/**
 * Creates a function that replaces secrets in which any of the characters are escaped. There are too many
 * combinations to list them as encodings. It need not replace secrets that are verbatim in the text.
 *
 * @param pairs pairs of a secret and its placeholder, in ASCII
 */
function createEscapedReplacer(pairs: readonly (readonly [string, string])[]): (text: string) => string {
  const patterns = new Map<string, RegExp>();
  const patternFor = (secret: string): RegExp => {
    const pattern = patterns.get(secret) ?? new RegExp([...secret].map(patternOf).join(""), "g");
    patterns.set(secret, pattern);
    return pattern;
  };
  return (text) => {
    if (!ANY_ESCAPE.test(text)) return text;
    const escaped = listEscaped(text);
    // Compiling a pattern takes milliseconds, and most escapes are of characters that no secret contains.
    const possible = pairs.filter(
      ([secret]) => !PRINTABLE.test(secret) || [...secret].some((character) => escaped.has(character)),
    );
    return possible.reduce(
      (rest, [secret, placeholder]) =>
        // A placeholder inside a URL must be URL-safe as well.
        rest.replaceAll(patternFor(secret), (found) =>
          found.includes("%") ? encodeURIComponent(placeholder) : placeholder,
        ),
      text,
    );
  };
}

/** The evidence of a run after redaction, without secrets. */
export interface Redacted {
  readonly record: EvidenceRecord;
  /** The texts that replaced secrets; reports show them as redacted. */
  readonly placeholders: readonly string[];
  /** Replaces the run's secrets in another text. */
  readonly clean: (text: string) => string;
}

/** Shorter credentials, such as `secret`, can be ordinary words. */
const MIN_CREDENTIAL_LENGTH = 12;

/**
 * Remembers the results of a function. Most texts of a run occur many times: the same event arrives at each endpoint, and
 * the same page is read again.
 */
function remember<Result>(compute: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = compute(text);
    known.set(text, result);
    return result;
  };
}

const JSON_STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** Decodes the strings in a JSON text and applies `replace` to them, so that escapes cannot hide a secret. */
const replaceInStrings = (text: string, replace: (text: string) => string, names: boolean) =>
  text.replaceAll(JSON_STRING, (token, colon: string | undefined) => {
    if (colon !== undefined && !names) return token;
    const decoded = parseJson(colon === undefined ? token : token.slice(0, -colon.length));
    if (typeof decoded !== "string") return token;
    const kept = replace(decoded);
    return kept === decoded ? token : JSON.stringify(kept) + (colon ?? "");
  });

function collectTexts(value: unknown, texts: Set<string> = new Set()): Set<string> {
  if (typeof value === "string") texts.add(value);
  else if (typeof value === "object" && value !== null) {
    if (isDelivery(value)) texts.add(Buffer.from(value.bodyBase64, "base64").toString("utf8"));
    // Adds headers as JSON, because the name of a header can show that its value is a credential.
    const headers = isDelivery(value)
      ? value.headers
      : isExchange(value)
        ? value.response?.headers
        : undefined;
    if (headers) texts.add(JSON.stringify(headers));
    for (const member of Object.values(value)) collectTexts(member, texts);
  }
  return texts;
}

/**
 * Replaces every secret in evidence, in all its encodings, with a placeholder of the same shape, and signs
 * webhooks with the placeholders. The result is safe to store and show, and checks give the same verdicts.
 *
 * @param credentials the credentials that the suite was given
 */
export function redact(record: EvidenceRecord, credentials: readonly string[]): Redacted {
  const placeholders = createPlaceholders(findSecrets(credentials, collectTexts(record)));
  const pairs = [...placeholders];
  const isWord = ([secret]: readonly [string, string]) => secret.length < MIN_CREDENTIAL_LENGTH;
  const credentialPairs = pairs.filter((pair) => !isWord(pair));
  const replaceWhole = createReplacer(credentialPairs.flatMap((pair) => listEncodings(...pair)));
  const replaceEscaped = createEscapedReplacer(credentialPairs);
  const replace = (text: string) => replaceEscaped(replaceWhole(text));
  const replaceWords = createReplacer(
    pairs.filter(isWord).map(([secret, placeholder]) => ({ secret, placeholder })),
  );
  const words = pairs.filter(isWord).map(([secret]) => secret);
  /** Tells whether a text may contain a short credential. It may also be hidden by escapes. */
  const mayHoldWord = (text: string) =>
    words.length > 0 && (text.includes("\\") || words.some((word) => text.includes(word)));
  const resign = createResigner(placeholders);

  const cleanName = remember(replace);
  const cleanOurs = remember((text) =>
    replace(
      text.includes("\\") && parseJson(text) !== undefined ? replaceInStrings(text, replace, true) : text,
    ),
  );
  /**
   * Redacts a text that the vendor wrote. Also replaces short credentials, except in the names of JSON
   * members.
   */
  const cleanTheirs = remember((text) => {
    const kept = cleanOurs(text);
    if (!mayHoldWord(kept)) return kept;
    return parseJson(kept) === undefined ? replaceWords(kept) : replaceInStrings(kept, replaceWords, false);
  });
  const cleanBody = remember((bodyBase64) => {
    const text = Buffer.from(bodyBase64, "base64").toString("utf8");
    const kept = cleanTheirs(text);
    return kept === text ? bodyBase64 : Buffer.from(kept).toString("base64");
  });

  const seen = new Map<object, unknown>();
  function clean(value: unknown, text: (text: string) => string): unknown {
    if (typeof value === "string") return text(value);
    if (typeof value !== "object" || value === null) return value;
    const before = seen.get(value);
    if (before !== undefined) return before;
    const cleaned = cleanObject(value, text);
    // An object that several parts of the evidence share is still shared in the result.
    seen.set(value, cleaned);
    return cleaned;
  }
  function cleanObject(value: object, text: (text: string) => string): unknown {
    if (Array.isArray(value)) return value.map((member) => clean(member, text));
    if (isDelivery(value)) return cleanDelivery(value);
    const isAnswered = isExchange(value);
    const cleaned = Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        cleanName(name),
        clean(member, isAnswered && name === "response" ? cleanTheirs : text),
      ]),
    );
    if (isExchange(value) && isExchange(cleaned) && value.response?.body === cleaned.response?.body)
      shareParsedBody(value, cleaned);
    return cleaned;
  }
  function cleanDelivery(delivery: Delivery): Delivery {
    const bodyBase64 = cleanBody(delivery.bodyBase64);
    const headers = clean(delivery.headers, cleanTheirs) as Delivery["headers"];
    const redacted = { ...delivery, headers, bodyBase64 };
    const isKept = bodyBase64 === delivery.bodyBase64;
    if (isKept) shareParsedBody(delivery, redacted);
    const signed = resign(delivery, redacted);
    if (isKept) shareParsedBody(delivery, signed);
    return signed;
  }

  return {
    record: clean(record, cleanOurs) as EvidenceRecord,
    placeholders: [...placeholders.values()],
    clean: cleanTheirs,
  };
}

/** Replacing shorter secrets would alter ordinary words. */
const MIN_SECRET_LENGTH = 4;

/**
 * Creates a function that redacts messages, such as errors: it replaces the given credentials and everything that looks
 * like a secret.
 *
 * @param credentials the known credentials
 */
export function createScrubber(credentials: readonly string[]): (text: string) => string {
  return (text) => {
    const secrets = findSecrets(credentials, [text]).filter(({ length }) => length >= MIN_SECRET_LENGTH);
    const pairs = secrets.map((secret) => [secret, REDACTED] as const);
    const encodings = secrets.flatMap((secret) => listEncodings(secret, REDACTED));
    const replace = createReplacer(encodings.map(({ secret }) => ({ secret, placeholder: REDACTED })));
    return createEscapedReplacer(pairs)(replace(text));
  };
}
