import { diagnose } from "@convergint/diagnose";
import { mapTexts, REDACTED } from "../redaction/encodings.ts";
import { createScrubber } from "../redaction/redact.ts";
import { findSecrets } from "../redaction/secrets.ts";
import type { AttemptLog } from "./attempts.ts";
import { inspectContent } from "./inspect-content.ts";
import { inspectSignature } from "./inspect-signature.ts";
import type { Inspection, ReceivedDelivery, StepName } from "./inspection.ts";

/** The maximum length of a body excerpt. */
const MAX_BODY = 4000;

const ORDER: readonly StepName[] = [
  "headers",
  "timestamp",
  "signature",
  "media_type",
  "json",
  "event",
  "retry",
];

/** Headers that hold credentials. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "x-api-key",
]);

const redactHeaders = (headers: ReceivedDelivery["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CREDENTIALS.has(name) ? REDACTED : value]),
  );

/**
 * Inspects a delivery step by step and diagnoses an invalid signature.
 *
 * @param number the number of the delivery, from 1
 * @param keys `whsec_` secrets and `whpk_` public keys; the result does not contain them
 */
export async function inspect(
  delivery: ReceivedDelivery,
  number: number,
  keys: readonly string[],
  attempts: AttemptLog,
): Promise<Inspection> {
  const signed = await inspectSignature(delivery, keys);
  const content = inspectContent(delivery);
  const { attempt, steps: retry } = attempts.inspect(delivery);
  const steps = [...signed, ...content.steps, ...retry].toSorted(
    (one, other) => ORDER.indexOf(one.step) - ORDER.indexOf(other.step),
  );
  const isVerified = signed.every(({ outcome }) => outcome === "ok");
  const { headers, body, receivedAt } = delivery;
  // The vendor may send secrets with its events by mistake.
  const clean = createScrubber(findSecrets(keys, [content.text, JSON.stringify(headers)]));
  const text = clean(content.text);
  const inspection = {
    number,
    receivedAt: receivedAt.toISOString(),
    good: steps.every(({ outcome }) => outcome === "ok"),
    webhookId: headers["webhook-id"] ?? null,
    attempt,
    eventTypes: content.eventTypes,
    steps,
    problems: content.problems,
    diagnosis: isVerified ? null : await diagnose({ headers, body, keys, now: receivedAt }),
    headers: redactHeaders(headers),
    bytes: body.length,
  };
  // Truncates last, because the scrubber cannot find a secret that is cut in half.
  const shown = text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text;
  return { ...mapTexts(inspection, clean), body: shown };
}
