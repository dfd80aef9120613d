import { type WebhookHeadersInput, WebhookUsageError } from "@convergint/webhooks";
import { type Body, checkBody, readBody, toRawBody } from "./body.ts";
import { listCandidates } from "./candidates.ts";
import { checkSignatureText } from "./check-signature-text.ts";
import { readClaims } from "./claims.ts";
import { checkTimestamp } from "./clock-mistakes.ts";
import { SECRET_IN_HEADER } from "./header-mistakes.ts";
import { checkId } from "./id-mistakes.ts";
import type { Mistake } from "./mistake.ts";
import { type ReadHeaders, readDeliveryHeaders } from "./read-headers.ts";
import { type ReadKeys, readKeys } from "./read-keys.ts";
import { type Found, search } from "./search.ts";

/** The delivery verifies with the given keys. */
export interface ValidDiagnosis {
  readonly verdict: "valid";
}

/** What is wrong, in the order to fix it. */
export interface MistakeDiagnosis {
  readonly verdict: "mistake";
  readonly mistakes: readonly [Mistake, ...Mistake[]];
  /**
   * True if exactly these mistakes reproduce the signature that was sent, so nothing else is wrong. False if
   * these mistakes are certain but something else may be wrong too.
   */
  readonly complete: boolean;
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** No known mistake explains the signature: most likely the secrets differ. */
export interface UnknownDiagnosis {
  readonly verdict: "unknown";
  readonly explanation: string;
  /** What to compare on both sides, likeliest first. */
  readonly compare: readonly string[];
  /** True if the delivery was too large or complex to try every known mistake. */
  readonly gaveUp: boolean;
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** The result of {@link diagnose}. Contains no key and no signature, so the other side's engineers may see it. */
export type Diagnosis = ValidDiagnosis | MistakeDiagnosis | UnknownDiagnosis;

/** A delivery that did not verify, as the verifier received it. */
export interface DiagnoseOptions {
  /** A `Headers` object, a plain object with names in any letter case, or the headers object of Node. */
  readonly headers: WebhookHeadersInput;
  /** The body that was verified. Anything but a string or Uint8Array is reported as a mistake. */
  readonly body: unknown;
  /** The keys that were tried: `whsec_` secrets and `whpk_` public keys. */
  readonly keys: string | readonly string[];
  /** When the delivery was received. Default: now. */
  readonly now?: Date;
  /** How many seconds the timestamp may differ from `now`, in either direction. Default: 300. */
  readonly toleranceSeconds?: number;
}

const NOTHING_FOUND =
  "The headers are well formed, and no known mistake produces this signature. Most likely the two sides use different secrets, or the body was changed in transit.";
const GAVE_UP = "The delivery is too large or complex to try every known mistake.";

const COMPARE = [
  "The secret: on both sides, print the first 8 characters of the secret's SHA-256, for example: printf %s \"$WEBHOOK_SECRET\" | sha256sum | cut -c1-8. If the outputs differ, one side uses another endpoint's secret, a secret from before a rotation, or the sandbox secret in production.",
  "The body: print its length and SHA-256 where the sender signs it and where the receiver verifies it. If the outputs differ, a proxy, a body parser or logging middleware changed the body.",
  "The signed text: on both sides, print the first 80 characters of id.timestamp.body, without the secret. Both must be equal byte for byte.",
  "The endpoint: check that this delivery was meant for this endpoint, not for another endpoint behind the same address.",
] as const;

/** A shorter secret is a placeholder, and a header may contain the same text by chance. */
const MIN_SECRET_CHARACTERS = 16;

/** Reads the id and the time of the event in the body, or of the first event of a batch. */
function readEvent({ text, json }: Body): { id: string | null; time: number | null } {
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

function findSentSecret(
  { id, timestamp, signature }: ReadHeaders,
  { secrets }: ReadKeys,
): readonly Mistake[] {
  const sent = [id, timestamp, signature];
  const isSent = secrets.some(
    ({ encoded }) => encoded.length >= MIN_SECRET_CHARACTERS && sent.some((value) => value.includes(encoded)),
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

function conclude(
  found: readonly Mistake[],
  complete: boolean,
  { gaveUp, checked }: Omit<Found, "mistakes">,
): Diagnosis {
  const [first, ...others] = found.filter(
    ({ code }, index) => found.findIndex((other) => other.code === code) === index,
  );
  if (first) return { verdict: "mistake", mistakes: [first, ...others], complete, checked };
  return complete
    ? { verdict: "valid" }
    : {
        verdict: "unknown",
        explanation: gaveUp ? `${NOTHING_FOUND} ${GAVE_UP}` : NOTHING_FOUND,
        compare: COMPARE,
        gaveUp,
        checked,
      };
}

/**
 * Explains why a delivery does not verify. Checks the keys, headers and clocks. Then recomputes the signature
 * with one common mistake, then with two, until the result equals the signature that was sent.
 *
 * For debugging only, not for handling deliveries, because a diagnosis can take a second of processor time. The
 * result contains no key and no signature. Still, show the result only to your own engineers, never to the
 * caller.
 *
 * @returns `valid`, `mistake` with the line of code to change, or `unknown` with what to compare
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
  const { bytes, facts: rawFacts } = toRawBody(given);
  const body = await readBody(bytes);
  const event = readEvent(body);
  const { id, timestamp } = read;

  const claims = readClaims(read.signature);
  const delivery = { id, timestamp, claims, body, eventId: event.id, eventTime: event.time };
  const { mistakes, ...work } = await search(listCandidates(delivery, keys));

  const before = [...keys.facts, ...findSentSecret(read, keys), ...read.facts, ...rawFacts];
  const moments = { timestamp, now: now.getTime() / 1000, toleranceSeconds, eventTime: event.time };
  const after = [...checkId(id), ...checkTimestamp(moments)];
  const form = checkSignatureText(read.signature, claims, keys, mistakes !== null);
  if (mistakes) return conclude([...before, ...form, ...mistakes, ...after], true, work);
  return conclude([...before, ...form, ...checkBody(body), ...after], false, work);
}
