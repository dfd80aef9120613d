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

/** Whether the signature of an inspected delivery is valid. */
export const isVerified = ({ steps }: Pick<Inspection, "steps">): boolean =>
  steps.every(({ step, outcome }) => !SIGNING.has(step) || outcome === "ok");

const SIGNING: ReadonlySet<StepName> = new Set(["headers", "timestamp", "signature"]);

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

/** A body with more secrets than this is not shown, because replacing many secrets takes long. */
const MAX_SECRETS = 100;
const NOT_SHOWN = `(not shown, because it has more than ${MAX_SECRETS} secrets)`;

/**
 * Inspects a delivery step by step. Does not diagnose an invalid signature, which can take long.
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
  const { headers, body, receivedAt } = delivery;
  // The vendor may send secrets with its events by mistake.
  const secrets = findSecrets(keys, [content.text, JSON.stringify(headers)]);
  const isClean = secrets.length <= MAX_SECRETS;
  const clean = createScrubber(isClean ? secrets : findSecrets(keys, []));
  const text = isClean ? clean(content.text) : NOT_SHOWN;
  const inspection = {
    number,
    receivedAt: receivedAt.toISOString(),
    good: steps.every(({ outcome }) => outcome === "ok"),
    webhookId: headers["webhook-id"] ?? null,
    attempt,
    eventTypes: content.eventTypes,
    steps,
    problems: content.problems,
    diagnosis: null,
    headers: isClean ? redactHeaders(headers) : {},
    bytes: body.length,
  };
  // Truncates last, because the scrubber cannot find a secret that is cut in half.
  const shown = text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text;
  return { ...mapTexts(inspection, clean), body: shown };
}
