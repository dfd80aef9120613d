import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { parseStrictJson, StrictJsonError } from "@convergint/internal/strict-json";
import {
  createVerifier,
  generateSecret,
  type Verifier,
  WebhookUsageError,
  WebhookVerificationError,
} from "@convergint/webhooks";
import { ProfileDeliveryError, type ProfileDeliveryErrorCode, ProfileSecretError } from "../errors.ts";
import type { SignatureRule } from "./document.ts";
import { type HeadersInput, readHeader } from "./request.ts";
import {
  compileFormat,
  DIGEST_ENCODINGS,
  isDigestEncoding,
  MAX_SIGNATURES,
  namesIn,
  splitTemplate,
  TIMESTAMP_UNITS,
} from "./signature-format.ts";

type TimestampRule = NonNullable<Extract<SignatureRule, { readonly timestamp?: unknown }>["timestamp"]>;
type HmacRule = Extract<SignatureRule, { readonly header: string; readonly signed: string }>;

/** The signed bytes, and when they were received. */
interface SignedDelivery {
  readonly headers: HeadersInput;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
  /** All current secrets. Pass the same list each time: its keys are prepared once. */
  readonly secrets: readonly string[];
}

/** A vendor's way to sign, compiled. */
export interface SignatureScheme {
  /** Whether a delivery contains the time at which it was sent. */
  readonly hasTimestamp: boolean;
  /** Whether the signature covers that time. If not, a captured delivery stays valid. */
  readonly coversTimestamp: boolean;
  /** What this scheme does not protect from, for the operator; empty if nothing is missing. */
  readonly limitations: readonly string[];
  /** @throws {ProfileDeliveryError} `missing_signature`, `wrong_signature`, `stale_timestamp`, `no_secret`, `not_json` */
  verify(delivery: SignedDelivery): Promise<void>;
  /** @throws {ProfileSecretError} `invalid_secret` */
  requireUsableSecret(secret: string): void;
  /** Makes a random secret in the form that the scheme needs. */
  generateSecret(): string;
}

const DIGEST_BYTES = { hmac_sha1: 20, hmac_sha256: 32, hmac_sha512: 64 } as const;
const MIN_SECRET_BYTES = 8;
const MAX_SECRET_CHARACTERS = 1_024;

const refuse = (code: ProfileDeliveryErrorCode, message: string) =>
  new ProfileDeliveryError(code, message, { signed: false });

const KEY_ENCODINGS = { utf8: "utf8", hex: "hex", base64: "base64", whsec: "base64" } as const;

/** Turns the text of a secret into the bytes of a key. Never quotes the secret. */
function decodeKey(secret: string, form: HmacRule["key"]): Buffer {
  const invalid = (why: string) => new ProfileSecretError(`Invalid webhook secret: ${why}`);
  if (secret.length > MAX_SECRET_CHARACTERS)
    throw invalid(`it is longer than ${MAX_SECRET_CHARACTERS} characters.`);
  if (form === "whsec" && !secret.startsWith("whsec_"))
    throw invalid("it does not begin with whsec_. Enter it as the vendor shows it.");
  const text = form === "whsec" ? secret.slice("whsec_".length) : secret;
  const encoding = KEY_ENCODINGS[form];
  const key = Buffer.from(text, encoding);
  // Node decodes what it can and ignores the rest, so a secret in the wrong form would become another key.
  const written = key.toString(encoding);
  const isCanonical =
    encoding === "base64"
      ? written.replace(/=+$/, "") === text.replace(/=+$/, "")
      : written === (encoding === "hex" ? text.toLowerCase() : text);
  if (!isCanonical)
    throw invalid(
      `the profile says that it is ${encoding === "utf8" ? "text" : encoding}, but it is not valid.`,
    );
  if (key.length < MIN_SECRET_BYTES)
    throw invalid(
      `it has ${key.length} bytes. Set one of at least ${MIN_SECRET_BYTES} bytes, such as a random text.`,
    );
  return key;
}

/** Checks a secret that is compared as text. */
function requireText(secret: string): string {
  decodeKey(secret, "utf8");
  return secret;
}

/** Compares texts without showing how much of them is equal, whatever their lengths. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** Remembers what was prepared for a list of secrets. */
function preparedOnce<Key>(prepare: (secret: string) => Key): (secrets: readonly string[]) => readonly Key[] {
  const cache = new WeakMap<readonly string[], readonly Key[]>();
  return (secrets) => {
    const cached = cache.get(secrets);
    if (cached) return cached;
    const keys = secrets.slice(0, MAX_SIGNATURES).flatMap((secret) => {
      try {
        return [prepare(secret)];
      } catch (error) {
        // One unusable secret must not disable the others: while a profile is being replaced, secrets for the old and
        // the new profile are stored.
        if (error instanceof ProfileSecretError) return [];
        throw error;
      }
    });
    if (keys.length === 0)
      throw refuse(
        "no_secret",
        "This integration has no current webhook secret that fits the profile's signature.",
      );
    cache.set(secrets, keys);
    return keys;
  };
}

/** @param name in lower case */
function requireHeader(headers: HeadersInput, name: string): string {
  const text = readHeader(headers, name);
  if (text === null) throw refuse("wrong_signature", `${name} is repeated or too long.`);
  if (text === "") throw refuse("missing_signature", `${name} is missing.`);
  return text;
}

/** @param name what carries the timestamp, for the message */
function requireFresh(
  text: string,
  name: string,
  { unit, tolerance_seconds }: TimestampRule,
  receivedAt: Date,
): void {
  const { pattern, toMilliseconds } = TIMESTAMP_UNITS[unit];
  const sentAt = new RegExp(`^${pattern}$`).test(text) ? toMilliseconds(text) : Number.NaN;
  if (Number.isNaN(sentAt))
    throw refuse(
      "wrong_signature",
      `The profile says that ${name} is a timestamp in ${unit}, but it is not.`,
    );
  const ageSeconds = (receivedAt.getTime() - sentAt) / 1_000;
  // Written so that NaN is refused.
  if (Math.abs(ageSeconds) <= tolerance_seconds) return;
  const when =
    ageSeconds > 0 ? `${Math.round(ageSeconds)} s ago` : `${Math.round(-ageSeconds)} s in the future`;
  throw refuse(
    "stale_timestamp",
    `Sent ${when}, but only ${tolerance_seconds} s are allowed. Check both clocks.`,
  );
}

/** Requires an id of visible ASCII without `next`, the text that follows the id in what is signed and so ends it. */
function requireId(id: string, next: string): void {
  if (/^[\x21-\x7e]{1,256}$/.test(id) && !id.includes(next)) return;
  throw refuse(
    "wrong_signature",
    `The delivery's id is not 1 to 256 visible ASCII characters without ${next}`,
  );
}

type Verify = SignatureScheme["verify"];

function compileHmac(rule: HmacRule): Verify {
  const header = rule.header.toLowerCase();
  const idHeader = rule.id?.header.toLowerCase();
  const timestampHeader = rule.timestamp?.header?.toLowerCase();
  const algorithm = rule.algorithm.slice("hmac_".length);
  const unit = rule.timestamp?.unit ?? "seconds";
  const read = compileFormat(rule.format, rule.separator ?? null, DIGEST_BYTES[rule.algorithm], unit);
  const encode = DIGEST_ENCODINGS[namesIn(rule.format).find(isDigestEncoding) ?? "hex"];
  const signed = splitTemplate(rule.signed);
  const afterId = signed.findIndex((part) => "name" in part && part.name === "id") + 1;
  const endOfId = ((part) => (part && "text" in part ? (part.text[0] ?? "") : ""))(signed[afterId]);
  const prepare = preparedOnce((secret) => createSecretKey(decodeKey(secret, rule.key)));

  function digest(key: KeyObject, values: Readonly<Record<string, string | Uint8Array>>): Buffer {
    const hmac = createHmac(algorithm, key);
    for (const part of signed) hmac.update("text" in part ? part.text : (values[part.name] ?? ""));
    return Buffer.from(encode(hmac.digest()), "latin1");
  }

  return async ({ headers, body, receivedAt, secrets }) => {
    const keys = prepare(secrets);
    const found = read(requireHeader(headers, header));
    if (found === null)
      throw refuse(
        "wrong_signature",
        `${header} is not written as ${rule.format}, or has too many signatures.`,
      );
    const timestamp =
      timestampHeader === undefined ? found.timestamp : requireHeader(headers, timestampHeader);
    if (rule.timestamp && timestamp !== null)
      requireFresh(timestamp, timestampHeader ?? header, rule.timestamp, receivedAt);
    const id = idHeader === undefined ? "" : requireHeader(headers, idHeader);
    if (idHeader !== undefined && afterId > 0) requireId(id, endOfId);
    const given = found.digests.map((text) => Buffer.from(text, "latin1"));
    for (const key of keys) {
      const expected = digest(key, { body, timestamp: timestamp ?? "", id });
      // The format admits only digests of this length, so a comparison never throws.
      if (given.some((each) => timingSafeEqual(each, expected))) return;
    }
    throw refuse(
      "wrong_signature",
      "No signature matches: the secret differs, or the body is not exactly the signed bytes.",
    );
  };
}

const STANDARD_HEADERS = ["id", "timestamp", "signature"] as const;

/** Verifies with the kit's own verifier. Its tolerance is unlimited, because the age was measured at the time of receipt. */
function compileStandard(rule: Extract<SignatureRule, { readonly algorithm: "standard_webhooks" }>): Verify {
  const prepare = preparedOnce(prepareStandard);
  const freshness = { unit: "seconds", tolerance_seconds: rule.tolerance_seconds } as const;
  return async ({ headers, body, receivedAt, secrets }) => {
    const verifiers = prepare(secrets);
    const read = STANDARD_HEADERS.map((part) => [
      `webhook-${part}`,
      requireHeader(headers, `${rule.prefix}-${part}`),
    ]);
    const standard = Object.fromEntries(read) as Readonly<Record<string, string>>;
    requireFresh(standard["webhook-timestamp"] ?? "", `${rule.prefix}-timestamp`, freshness, receivedAt);
    let refusal = "";
    for (const verify of verifiers) {
      try {
        await verify({ headers: standard, body });
        return;
      } catch (error) {
        if (!(error instanceof WebhookVerificationError)) throw error;
        refusal = error.message;
      }
    }
    throw refuse("wrong_signature", refusal);
  };
}

function prepareStandard(secret: string): Verifier {
  try {
    return createVerifier({ keys: secret, toleranceSeconds: Number.MAX_SAFE_INTEGER });
  } catch (error) {
    throw error instanceof WebhookUsageError ? new ProfileSecretError(error.message) : error;
  }
}

/** @param path such as `body.data.secret` */
function readPath(value: unknown, path: string): unknown {
  const [, ...names] = path.split(".");
  return names.reduce<unknown>(
    (each, name) =>
      typeof each === "object" && each !== null && Object.hasOwn(each, name)
        ? (each as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}

const NO_MATCH = "The secret in the delivery is not a secret of this integration.";

function compileSecretInBody({ secret_at }: Extract<SignatureRule, { readonly secret_at: string }>): Verify {
  const prepare = preparedOnce(requireText);
  return async ({ body, secrets }) => {
    const expected = prepare(secrets);
    let value: unknown;
    try {
      ({ value } = parseStrictJson(body));
    } catch (error) {
      if (!(error instanceof StrictJsonError)) throw error;
      throw new ProfileDeliveryError(
        "not_json",
        `${error.message} Without it, ${secret_at} cannot be read.`,
        {
          signed: false,
        },
      );
    }
    const given = readPath(value, secret_at);
    if (typeof given !== "string") throw refuse("missing_signature", `${secret_at} is missing.`);
    if (!expected.some((secret) => isSame(secret, given))) throw refuse("wrong_signature", NO_MATCH);
  };
}

function compileSecretInHeader(
  rule: Extract<SignatureRule, { readonly algorithm: "secret_in_header" }>,
): Verify {
  const header = rule.header.toLowerCase();
  const timestampHeader = rule.timestamp?.header?.toLowerCase();
  const prepare = preparedOnce(requireText);
  return async ({ headers, receivedAt, secrets }) => {
    const expected = prepare(secrets);
    const text = requireHeader(headers, header);
    if (rule.timestamp && timestampHeader !== undefined)
      requireFresh(requireHeader(headers, timestampHeader), timestampHeader, rule.timestamp, receivedAt);
    if (!expected.some((secret) => isSame(`${rule.prefix}${secret}`, text)))
      throw refuse("wrong_signature", NO_MATCH);
  };
}

const NOT_SIGNED =
  "The vendor does not sign its webhooks, so no webhook is accepted. The inventory is polled.";
const REPLAY = "a captured delivery stays valid. Duplicates are recognised only by the event's id.";

function describeLimitations(
  rule: SignatureRule | null,
  hasTimestamp: boolean,
  covers: boolean,
): readonly string[] {
  if (rule === null) return [NOT_SIGNED];
  if (rule.algorithm === "secret_in_body" || rule.algorithm === "secret_in_header")
    return [
      `Deliveries carry the secret itself and no signature: a party that sees one delivery can forge others, and ${REPLAY}`,
    ];
  if (!hasTimestamp) return [`Deliveries have no timestamp: ${REPLAY}`];
  return covers ? [] : [`The signature does not cover the timestamp: with a new timestamp, ${REPLAY}`];
}

function compileVerify(rule: SignatureRule | null): Verify {
  if (rule === null) return () => Promise.reject(refuse("no_webhooks", NOT_SIGNED));
  switch (rule.algorithm) {
    case "standard_webhooks":
      return compileStandard(rule);
    case "secret_in_body":
      return compileSecretInBody(rule);
    case "secret_in_header":
      return compileSecretInHeader(rule);
    default:
      return compileHmac(rule);
  }
}

/** How the scheme's secret becomes key bytes. */
const keyForm = (rule: SignatureRule | null): HmacRule["key"] => (rule && "key" in rule ? rule.key : "utf8");

/**
 * Compiles a profile's signature rule. A delivery is verified over its raw bytes, in constant time, with every current
 * secret; nothing is parsed before, unless the body carries the secret.
 *
 * @param rule valid according to `findSignatureProblems`; `null` if the vendor does not sign
 */
export function compileSignature(rule: SignatureRule | null): SignatureScheme {
  const isStandard = rule?.algorithm === "standard_webhooks";
  const hasTimestamp = isStandard || (rule !== null && "timestamp" in rule && rule.timestamp !== undefined);
  const coversTimestamp =
    isStandard ||
    (hasTimestamp && rule !== null && "signed" in rule && namesIn(rule.signed).includes("timestamp"));
  return {
    hasTimestamp,
    coversTimestamp,
    limitations: describeLimitations(rule, hasTimestamp, coversTimestamp),
    verify: compileVerify(rule),
    requireUsableSecret(secret) {
      if (isStandard) prepareStandard(secret);
      else if (rule !== null) decodeKey(secret, keyForm(rule));
    },
    generateSecret() {
      if (isStandard || keyForm(rule) === "whsec") return generateSecret();
      const form = keyForm(rule);
      return randomBytes(32).toString(form === "utf8" ? "base64url" : KEY_ENCODINGS[form]);
    },
  };
}
