import { type WebhookHeadersInput, WebhookUsageError } from "@convergint/webhooks";
import { type Body, bodyFacts, rawBody, readBody } from "./body.ts";
import { readClaims } from "./claims.ts";
import { clockFacts } from "./clock-mistakes.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { SECRET_IN_HEADER } from "./header-mistakes.ts";
import { idFacts } from "./id-mistakes.ts";
import type { Mistake } from "./mistake.ts";
import { type ReadHeaders, readDeliveryHeaders } from "./read-headers.ts";
import { type ReadKeys, readKeys } from "./read-keys.ts";
import { search } from "./search.ts";
import { signatureFacts } from "./signature-facts.ts";
import { waysToSign } from "./ways.ts";

/** A delivery that did not verify, as the verifier was given it. */
export interface DiagnoseOptions {
  /** `Headers`, a plain object in any letter case, or Node's. */
  readonly headers: WebhookHeadersInput;
  /** The body that was verified. Anything but a string or Uint8Array is a mistake, and is told as one. */
  readonly body: unknown;
  /** The keys that were tried: `whsec_` secrets and `whpk_` public keys. */
  readonly keys: string | readonly string[];
  /** When the delivery came. Default: now. */
  readonly now?: Date;
  /** How far the timestamp may be off, either way. Default: 300. */
  readonly toleranceSeconds?: number;
}

const NOTHING_FOUND =
  "The headers are well formed, and none of the ways to sign that were tried makes this signature. Most likely the two sides use different secrets, or the body was changed in a way that cannot be traced.";

const COMPARE = [
  "The secret: print the first 8 characters of SHA-256 of it on both sides, such as: printf %s \"$WEBHOOK_SECRET\" | sha256sum | cut -c1-8. If they differ, one side has another endpoint's secret, an old one from before a rotation, or the sandbox's in production.",
  "The body: print its length in bytes and its SHA-256 on the sender when it is signed and on the receiver when it is verified. If they differ, something changed it: a proxy, a body parser, a logger that rewrites it.",
  "The signed text: print the first 80 characters of id.timestamp.body on both sides, without the secret. They must be equal, byte for byte.",
  "The endpoint: make sure that this delivery was meant for this endpoint, and not for another one behind the same address.",
] as const;

/** What is shorter is a placeholder, and may stand in a header by chance. */
const FEWEST_SECRET_CHARACTERS = 16;

/** The id and the time of the event in the body, or of a batch's first one. */
function eventOf({ text, json }: Body): { id: string | null; time: number | null } {
  if (text === null || !json) return { id: null, time: null };
  const value: unknown = JSON.parse(text);
  const event: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof event !== "object" || event === null) return { id: null, time: null };
  const { id, time } = event as Record<string, unknown>;
  const milliseconds = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return {
    id: typeof id === "string" && id !== "" ? id : null,
    time: Number.isNaN(milliseconds) ? null : milliseconds / 1000,
  };
}

function secretFacts({ id, timestamp, signature }: ReadHeaders, { secrets }: ReadKeys): readonly Mistake[] {
  const sent = [id, timestamp, signature];
  const isSent = secrets.some(
    ({ encoded }) =>
      encoded.length >= FEWEST_SECRET_CHARACTERS && sent.some((value) => value.includes(encoded)),
  );
  return isSent ? [SECRET_IN_HEADER] : [];
}

function requireUsable(now: Date, toleranceSeconds: number): void {
  if (Number.isNaN(now.getTime()))
    throw new WebhookUsageError("invalid_timestamp", "now must be a valid Date.");
  if (!(toleranceSeconds >= 0 && Number.isFinite(toleranceSeconds))) {
    throw new WebhookUsageError(
      "invalid_tolerance",
      "toleranceSeconds must be a number of seconds, 0 or more.",
    );
  }
}

function conclude(found: readonly Mistake[], complete: boolean, checked: number): Diagnosis {
  const [first, ...others] = found.filter(
    ({ code }, index) => found.findIndex((other) => other.code === code) === index,
  );
  if (first) return { verdict: "mistake", mistakes: [first, ...others], complete, checked };
  return complete
    ? { verdict: "valid" }
    : { verdict: "unknown", explanation: NOTHING_FOUND, compare: COMPARE, checked };
}

/**
 * Explains why a delivery does not verify: looks for what is wrong with keys, headers and clocks, and computes the
 * signature anew with the mistakes that people make, one and then two at a time, until one gives the signature that came.
 *
 * A tool for people who debug, and off the path of deliveries: it tries up to 10,000 signatures. The answer holds no key
 * and no signature; still, give it to your own people and never to whoever sent the request.
 *
 * @returns `valid`; or `mistake` with what is wrong and the line of code to change; or `unknown` with what to compare
 * @throws {WebhookUsageError} `invalid_headers`, `invalid_timestamp`, `invalid_tolerance`
 * @see spec/1.0/contract.md#signatures
 */
export async function diagnose({
  headers,
  body: given,
  keys: givenKeys,
  now = new Date(),
  toleranceSeconds = 300,
}: DiagnoseOptions): Promise<Diagnosis> {
  requireUsable(now, toleranceSeconds);
  const keys = readKeys(givenKeys);
  const read = readDeliveryHeaders(headers);
  const { bytes, facts: rawFacts } = rawBody(given);
  const body = await readBody(bytes);
  const event = eventOf(body);
  const { id, timestamp } = read;

  const claims = readClaims(read.signature);
  const delivery = { id, timestamp, claims, body, eventId: event.id };
  const { mistakes, checked } = await search(waysToSign(delivery, keys));

  const before = [...keys.facts, ...secretFacts(read, keys), ...read.facts, ...rawFacts];
  const moments = { timestamp, now: now.getTime() / 1000, toleranceSeconds, eventTime: event.time };
  const after = [...idFacts(id), ...clockFacts(moments)];
  const form = signatureFacts(read.signature, claims, keys, mistakes !== null);
  if (mistakes) return conclude([...before, ...form, ...mistakes, ...after], true, checked);
  return conclude([...before, ...form, ...bodyFacts(body), ...after], false, checked);
}
