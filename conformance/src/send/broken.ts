import { createHash, createHmac, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { MistakeCode } from "@convergint/diagnose";
import { generateKeyPair, sign } from "@convergint/webhooks";

/** Mistakes that are not sent, with the reason. Most of them are mistakes of the receiver. */
const NOT_SENT = {
  no_key: "the receiver has no key",
  key_has_v1_prefix: "the receiver's key has a prefix",
  key_has_quotes: "the receiver's key has quotes",
  key_has_whitespace: "the receiver's key has white space",
  key_base64url: "the receiver's key is written in base64url",
  key_unpadded: "the receiver's key lacks its padding",
  key_without_prefix: "the receiver's key lacks its prefix",
  key_not_base64: "the receiver's key is not base64",
  key_length: "the receiver's key has a wrong length",
  too_many_keys: "the receiver has too many keys",
  private_key_given: "the receiver was given a private key",
  only_v1_signature: "the receiver has only a public key",
  secret_read_as_hex: "only a secret that consists of hex digits can be read as hex",
  secret_in_header: "the delivery would contain the secret",
  body_not_raw: "the receiver parsed the body before it verified the signature",
} as const satisfies Partial<Record<MistakeCode, string>>;

/** A mistake that {@link makeBroken} can make. */
export type BrokenName = Exclude<MistakeCode, keyof typeof NOT_SENT>;

/** A signing secret: as issued, its base64, and its bytes. */
interface Secret {
  readonly text: string;
  readonly encoded: string;
  readonly bytes: Buffer;
}

type Content = string | Uint8Array;
type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** How a delivery is made. Omitted parts are made correctly. Times are Unix seconds. */
interface Making {
  readonly key?: (secret: Secret) => Content;
  readonly hash?: string;
  /** The id in the header. */
  readonly id?: (eventId: string) => string;
  readonly signedId?: (eventId: string, sentId: string) => string;
  /** The timestamp in the header. */
  readonly timestamp?: (now: number) => string;
  readonly signedTimestamp?: (now: number) => string;
  /** How long ago the event happened. Default: now. */
  readonly eventAge?: number;
  /** The body that is sent. */
  readonly body?: (text: string) => Content;
  /** The body that is signed. Default: the body that is sent. */
  readonly signed?: (text: string) => Content;
  readonly message?: (id: string, timestamp: string, body: Buffer) => Content;
  readonly digest?: (message: Buffer, secret: Buffer) => Buffer;
  readonly signature?: (digest: Buffer) => string;
  readonly headers?: (id: string, timestamp: string, signature: string) => HeaderValues;
  /** Whether the mistake changes this signature; otherwise another id is tried. */
  readonly shows?: (signature: string) => boolean;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const sha256 = (...parts: readonly Content[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const other = (): string => `v1,${base64(randomBytes(32))}`;

const named =
  (id: string, timestamp: string, signature: string): NonNullable<Making["headers"]> =>
  (...values) => ({ [id]: values[0], [timestamp]: values[1], [signature]: values[2] });
const headersOf = named("webhook-id", "webhook-timestamp", "webhook-signature");

const without =
  (name: string): NonNullable<Making["headers"]> =>
  (...values) =>
    Object.fromEntries(Object.entries(headersOf(...values)).filter(([each]) => each !== name));

const secondsAgo = (seconds: number) => (now: number) => String(now - seconds);
const toDate = (now: number) => new Date(now * 1000);

/** Rewrites JSON. @param replace as of `JSON.stringify` */
const rewrite = (text: string, replace?: (key: string, value: unknown) => unknown, indent?: string): string =>
  JSON.stringify(JSON.parse(text), replace as (key: string, value: unknown) => unknown, indent);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mapMembers =
  (change: (members: readonly (readonly [string, unknown])[]) => readonly (readonly [string, unknown])[]) =>
  (_: string, value: unknown): unknown =>
    isObject(value) ? Object.fromEntries(change(Object.entries(value))) : value;

const sortMembers = mapMembers((members) => members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
const dropNulls = mapMembers((members) => members.filter(([, value]) => value !== null));
const toCamelCase = mapMembers((members) =>
  members.map(([name, value]) => [name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
);

const escapeWith = (pattern: RegExp) => (text: string) =>
  text.replaceAll(pattern, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
// biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII
const escapeNonAscii = escapeWith(/[^\x00-\x7f]/g);

/** Writes bytes as `repr` of Python does. */
const toPythonBytes = (text: string): string =>
  `b'${[...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (character === "'" || character === "\\") return `\\${character}`;
      return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("")}'`;

/** Writes a value as `repr` of Python does. */
function toPython(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return value.includes("'") ? `"${value}"` : `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(toPython).join(", ")}]`;
  if (!isObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `'${name}': ${toPython(member)}`)
    .join(", ")}}`;
}

/** The number that {@link addTraps} adds, and how a parser writes it again. */
const [LEVEL, REPARSED_LEVEL] = ["21.5", "21"] as const;
const withZero = (text: string) => text.replace(`"level":${LEVEL}`, `"level":${REPARSED_LEVEL}.0`);
const withoutZero = (text: string) => text.replace(`"level":${LEVEL}`, `"level":${REPARSED_LEVEL}`);

/**
 * Adds members on which serializers differ: letters, escapes, a number and a null. Consumers ignore members that they do not know.
 *
 * @see spec/1.0/contract.md#open-vocabularies
 */
export const addTraps = (data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...data,
  note: "Tür <Süd> & 1/2 'a'",
  level: Number(LEVEL),
  checked: null,
});

const BROKEN: Readonly<Record<BrokenName, Making>> = {
  missing_headers: { headers: () => ({}) },
  missing_webhook_id: { headers: without("webhook-id") },
  missing_webhook_timestamp: { headers: without("webhook-timestamp") },
  missing_webhook_signature: { headers: without("webhook-signature") },
  header_twice: { headers: (id, ...rest) => ({ ...headersOf(id, ...rest), "webhook-id": [id, id] }) },
  header_too_long: { signature: (digest) => `v1,${base64(digest)} v1,${"A".repeat(4096)}` },
  svix_header_names: { headers: named("svix-id", "svix-timestamp", "svix-signature") },
  x_header_names: { headers: named("x-webhook-id", "x-webhook-timestamp", "x-webhook-signature") },
  underscore_header_names: { headers: named("webhook_id", "webhook_timestamp", "webhook_signature") },
  cgi_header_names: {
    headers: named("HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP", "HTTP_WEBHOOK_SIGNATURE"),
  },
  github_signature_header: { headers: named("webhook-id", "webhook-timestamp", "x-hub-signature-256") },
  stripe_signature_header: { headers: named("webhook-id", "webhook-timestamp", "stripe-signature") },
  slack_signature_header: { headers: named("webhook-id", "x-slack-request-timestamp", "x-slack-signature") },
  other_header_names: { headers: named("webhook-id", "webhook-timestamp", "x-signature") },

  signature_malformed: { signature: () => "nonsense" },
  signature_quoted: { signature: (digest) => `"v1,${base64(digest)}"` },
  signature_whitespace: {
    signature: (digest) => `v1, ${base64(digest)}`,
    // A signature that begins with v and a digit would look like two signatures.
    shows: (signature) => !/^v1,v\d/i.test(signature),
  },
  signature_percent_encoded: { signature: (digest) => `v1,${encodeURIComponent(base64(digest))}` },
  signature_plus_lost: {
    signature: (digest) => `v1,${base64(digest).replaceAll("+", " ")}`,
    shows: (signature) => signature.includes("+"),
  },
  signatures_joined_by_comma: { signature: (digest) => `v1,${base64(digest)},${other()}` },
  signature_header_twice: {
    headers: (id, timestamp, signature) => ({
      ...headersOf(id, timestamp, signature),
      "webhook-signature": [signature, other()],
    }),
  },
  too_many_signatures: {
    signature: (digest) => [...Array.from({ length: 16 }, other), `v1,${base64(digest)}`].join(" "),
  },
  signature_separator: { signature: (digest) => `v1=${base64(digest)}` },
  signature_hash_name: { signature: (digest) => `sha256=${base64(digest)}` },
  signature_stripe_form: { signature: (digest) => `t=1700000000,v1=${base64(digest)}` },
  signature_scheme_word: { signature: (digest) => `HMAC ${base64(digest)}` },
  signature_prefix_missing: { signature: base64 },
  signature_prefix_twice: { signature: (digest) => `v1,v1,${base64(digest)}` },
  signature_python_bytes: { signature: (digest) => `v1,b'${base64(digest)}'` },
  signature_version: { signature: (digest) => `v2,${base64(digest)}` },
  // Signed with a separate key pair; see `makeBroken`.
  only_v1a_signature: {},
  signature_hex: { signature: (digest) => `v1,${hex(digest)}` },
  signature_hex_upper: { signature: (digest) => `v1,${hex(digest).toUpperCase()}` },
  signature_hex_dashes: {
    signature: (digest) =>
      `v1,${hex(digest)
        .toUpperCase()
        .replaceAll(/..(?!$)/g, "$&-")}`,
  },
  signature_base64url: {
    signature: (digest) => `v1,${digest.toString("base64url")}`,
    shows: (signature) => /[+/]/.test(signature),
  },
  signature_unpadded: { signature: (digest) => `v1,${base64(digest).replaceAll("=", "")}` },
  signature_base64_of_hex: { signature: (digest) => `v1,${base64(Buffer.from(hex(digest)))}` },
  signature_base64_twice: { signature: (digest) => `v1,${base64(Buffer.from(base64(digest)))}` },
  signature_case_changed: { signature: (digest) => `v1,${base64(digest).toLowerCase()}` },
  signature_truncated: { signature: (digest) => `v1,${base64(digest).slice(0, 32)}` },

  secret_not_decoded: { key: ({ encoded }) => encoded },
  secret_prefix_in_key: { key: ({ text }) => text },
  secret_prefix_decoded: { key: ({ text }) => Buffer.from(text, "base64") },
  secret_v1_prefix_in_key: { key: ({ text }) => `v1,${text}` },
  secret_as_hex_text: { key: ({ bytes }) => hex(bytes) },
  secret_newline: { key: ({ text }) => `${text}\n` },
  secret_quoted: { key: ({ text }) => `"${text}"` },
  secret_utf16: { key: ({ text }) => Buffer.from(text, "utf16le") },
  secret_case_changed: { key: ({ encoded }) => Buffer.from(encoded.toLowerCase(), "base64") },
  secret_not_set: { key: () => "undefined" },

  sha1: { hash: "sha1" },
  sha384: { hash: "sha384" },
  sha512: { hash: "sha512" },
  plain_hash: { digest: (message, secret) => sha256(secret, message) },
  hash_without_secret: { digest: (message) => sha256(message) },
  hmac_swapped: { digest: (message, secret) => createHmac("sha256", message).update(secret).digest() },

  id_left_out: { message: (_, timestamp, body) => `${timestamp}.${body}` },
  timestamp_left_out: { message: (id, _, body) => `${id}.${body}` },
  body_only: { message: (_id, _timestamp, body) => body },
  body_left_out: { message: (id, timestamp) => `${id}.${timestamp}` },
  wrong_order: { message: (id, timestamp, body) => `${timestamp}.${id}.${body}` },
  slack_layout: { message: (_, timestamp, body) => `v0:${timestamp}:${body}` },
  version_in_message: { message: (id, timestamp, body) => `v1.${id}.${timestamp}.${body}` },
  wrong_separator: { message: (id, timestamp, body) => `${id}:${timestamp}:${body}` },

  id_has_dot: { id: (id) => `evt.${id}` },
  id_malformed: { id: (id) => `evt ${id}` },
  id_signed_is_event_id: { id: (id) => `delivery_${id}`, signedId: (id) => id },
  id_case_changed: { signedId: (id) => id.toUpperCase() },
  id_rewritten: { signedId: (id) => id.replaceAll("-", "") },
  id_signed_empty: { signedId: () => "undefined" },

  timestamp_signed_in_milliseconds: { signedTimestamp: (now) => `${now}417` },
  timestamp_signed_with_fraction: { signedTimestamp: (now) => `${now}.0` },
  timestamp_signed_as_iso: { signedTimestamp: (now) => toDate(now).toISOString() },
  timestamp_taken_twice: { signedTimestamp: (now) => String(now + 1) },
  retry_not_signed_again: { signedTimestamp: secondsAgo(31) },
  timestamp_signed_in_other_zone: { signedTimestamp: secondsAgo(7200) },
  timestamp_signed_empty: { signedTimestamp: () => "undefined" },

  body_empty: { body: () => "", signed: (text) => text },
  body_object_object: { body: () => String({}), signed: (text) => text },
  body_bom: { signed: (text) => `\ufeff${text}` },
  body_final_newline: { signed: (text) => `${text}\n` },
  body_trimmed: { body: (text) => `  ${text} `, signed: (text) => text },
  body_line_endings: {
    body: (text) => text.replaceAll(",", ",\n"),
    signed: (text) => text.replaceAll(",", ",\r\n"),
  },
  body_utf16: { signed: (text) => Buffer.from(text, "utf16le") },
  body_latin1: { signed: (text) => Buffer.from(text, "latin1") },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII
  body_ascii: { signed: (text) => text.replaceAll(/[^\x00-\x7f]/g, "?") },
  body_decoded_wrongly: { signed: (text) => Buffer.from(text).toString("latin1") },
  body_unicode_normalised: { signed: (text) => text.normalize("NFD") },
  body_json_twice: { body: (text) => JSON.stringify(text), signed: (text) => text },
  body_base64: { body: (text) => base64(Buffer.from(text)), signed: (text) => text },
  body_signed_as_base64: { signed: (text) => base64(Buffer.from(text)) },
  body_compressed: { body: (text) => gzipSync(text), signed: (text) => text },
  body_form_encoded: { body: (text) => `payload=${encodeURIComponent(text)}`, signed: (text) => text },
  body_buffer_json: { body: (text) => JSON.stringify(Buffer.from(text)), signed: (text) => text },
  body_hash_signed: { signed: (text) => hex(sha256(text)) },
  body_python_bytes: { signed: toPythonBytes },
  body_python_dict: { signed: (text) => toPython(JSON.parse(text)) },
  body_object_object_signed: { signed: () => String({}) },
  body_bytes_as_text: { signed: (text) => String(new Uint8Array(Buffer.from(text))) },
  data_member_only: { signed: (text) => JSON.stringify(JSON.parse(text).data) },
  one_event_of_batch: { body: (text) => `[${text}]`, signed: (text) => text },

  json_compacted: { body: (text) => rewrite(text, undefined, "  "), signed: (text) => text },
  json_python_spaces: {
    signed: (text) =>
      rewrite(text, undefined, " ")
        .replaceAll(/,\n\s*/g, ", ")
        .replaceAll(/\n\s*/g, ""),
  },
  json_indented: { signed: (text) => rewrite(text, undefined, "  ") },
  json_unescaped: { body: escapeNonAscii, signed: (text) => text },
  json_non_ascii_escaped: { signed: escapeNonAscii },
  json_html_escaped: { signed: escapeWith(/[<>&]/g) },
  json_slashes_escaped: { signed: (text) => text.replaceAll("/", "\\/") },
  json_keys_sorted: { signed: (text) => rewrite(text, sortMembers) },
  json_canonicalised: { body: withZero, signed: (text) => rewrite(withoutZero(text), sortMembers) },
  json_reparsed: { body: withZero, signed: withoutZero },
  json_nulls_dropped: { signed: (text) => rewrite(text, dropNulls) },
  json_keys_renamed: { signed: (text) => rewrite(text, toCamelCase) },
  json_dates_rewritten: { signed: (text) => text.replaceAll(/(T\d\d:\d\d:\d\d\.\d+)Z"/g, '$1+00:00"') },

  timestamp_in_milliseconds: { timestamp: (now) => `${now}000` },
  timestamp_too_precise: { timestamp: (now) => `${now}123456` },
  timestamp_has_fraction: { timestamp: (now) => `${now}.123` },
  timestamp_iso: { timestamp: (now) => toDate(now).toISOString() },
  timestamp_http_date: { timestamp: (now) => toDate(now).toUTCString() },
  timestamp_malformed: { timestamp: () => "now" },
  timestamp_time_zone: { timestamp: secondsAgo(3600) },
  timestamp_stale: { timestamp: secondsAgo(3600), eventAge: 9069 },
  clock_behind: { timestamp: secondsAgo(420) },
  clock_ahead: { timestamp: secondsAgo(-420) },
};

/** Every mistake that {@link makeBroken} can make, in the order of their documentation. */
export const BROKEN_NAMES = Object.keys(BROKEN) as readonly BrokenName[];

/** Tells whether {@link makeBroken} can make a mistake with this name. */
export const isBrokenName = (name: string): name is BrokenName => Object.hasOwn(BROKEN, name);

/** Returns why a mistake is not sent; `null` if it can be sent, or is unknown. */
export const explainNotSent = (name: string): string | null =>
  Object.entries(NOT_SENT).find(([each]) => each === name)?.[1] ?? null;

/** A delivery to post. */
export interface Delivery {
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
}

/** Returns how long ago the event of a mistaken delivery happened, in seconds. */
export const eventAgeOf = (name: BrokenName): number => BROKEN[name].eventAge ?? 0;

/** How many ids to try until a signature shows the mistake. Every second one does. */
const MAX_TRIES = 100;

/**
 * Makes a delivery with one mistake.
 *
 * @param createText writes the event with a new id; see {@link addTraps}
 * @param secret the receiver's `whsec_` secret
 * @param now the current time
 */
export async function makeBroken(
  name: BrokenName,
  createText: () => { readonly id: string; readonly text: string },
  secret: string,
  now: Date,
): Promise<Delivery> {
  const making = BROKEN[name];
  const encoded = secret.slice(secret.indexOf("_") + 1);
  const parts: Secret = { text: secret, encoded, bytes: Buffer.from(encoded, "base64") };
  for (let tries = 1; ; tries += 1) {
    const { id, text } = createText();
    if (name === "only_v1a_signature") {
      const { privateKey } = await generateKeyPair();
      const headers = await sign({ id, body: text, keys: privateKey, timestamp: now });
      return { headers: { ...headers }, body: Buffer.from(text) };
    }
    const { delivery, signature } = makeOnce(making, parts, id, text, Math.floor(now.getTime() / 1000));
    if ((making.shows?.(signature) ?? true) || tries === MAX_TRIES) return delivery;
  }
}

function makeOnce(making: Making, secret: Secret, eventId: string, text: string, now: number) {
  const id = making.id?.(eventId) ?? eventId;
  const timestamp = making.timestamp?.(now) ?? String(now);
  const signedId = making.signedId?.(eventId, id) ?? id;
  const signedTimestamp = making.signedTimestamp?.(now) ?? timestamp;
  const body = Buffer.from(making.body?.(text) ?? text);
  const signed = Buffer.from(making.signed?.(text) ?? body);
  const message = Buffer.from(
    making.message?.(signedId, signedTimestamp, signed) ??
      Buffer.concat([Buffer.from(`${signedId}.${signedTimestamp}.`), signed]),
  );
  const key = making.key?.(secret) ?? secret.bytes;
  const digest =
    making.digest?.(message, secret.bytes) ??
    createHmac(making.hash ?? "sha256", key)
      .update(message)
      .digest();
  const signature = making.signature?.(digest) ?? `v1,${base64(digest)}`;
  const headers = (making.headers ?? headersOf)(id, timestamp, signature);
  return { delivery: { headers, body }, signature: `v1,${base64(digest)}` };
}
