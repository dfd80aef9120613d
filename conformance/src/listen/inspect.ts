import { diagnose } from "@convergint/diagnose";
import { mapTexts } from "../redaction/map-texts.ts";
import { REDACTED } from "../redaction/mark.ts";
import { scrubber } from "../redaction/scrub.ts";
import { secretsOf } from "../redaction/secrets.ts";
import type { Attempts } from "./attempts.ts";
import { contentSteps } from "./content-steps.ts";
import type { Inspection, ReceivedDelivery, StepName } from "./inspection.ts";
import { signatureSteps } from "./signature-steps.ts";

/** The longest body that is shown. */
const MOST_SHOWN = 4000;

const ORDER: readonly StepName[] = [
  "headers",
  "timestamp",
  "signature",
  "media_type",
  "json",
  "event",
  "retry",
];

/** Headers that say who may call, and not what was sent. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "x-api-key",
]);

const shownHeaders = (headers: ReceivedDelivery["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CREDENTIALS.has(name) ? REDACTED : value]),
  );

/**
 * Looks at a delivery step by step, and finds out why it does not verify where it does not.
 *
 * @param number which delivery it is, from 1
 * @param keys `whsec_` secrets and `whpk_` public keys; none of them is in what is returned
 */
export async function inspect(
  delivery: ReceivedDelivery,
  number: number,
  keys: readonly string[],
  attempts: Attempts,
): Promise<Inspection> {
  const signed = await signatureSteps(delivery, keys);
  const content = contentSteps(delivery);
  const { attempt, steps: retry } = attempts.look(delivery);
  const steps = [...signed, ...content.steps, ...retry].toSorted(
    (one, other) => ORDER.indexOf(one.step) - ORDER.indexOf(other.step),
  );
  const isVerified = signed.every(({ outcome }) => outcome === "ok");
  const { headers, body, receivedAt } = delivery;
  // A vendor that posts a secret along with its events has it shown to nobody here.
  const clean = scrubber(secretsOf(keys, [content.text, JSON.stringify(headers)]));
  const text = clean(content.text);
  const seen = {
    number,
    receivedAt: receivedAt.toISOString(),
    good: steps.every(({ outcome }) => outcome === "ok"),
    webhookId: headers["webhook-id"] ?? null,
    attempt,
    eventTypes: content.eventTypes,
    steps,
    problems: content.problems,
    diagnosis: isVerified ? null : await diagnose({ headers, body, keys, now: receivedAt }),
    headers: shownHeaders(headers),
    bytes: body.length,
  };
  // Cut last: half a secret is not found.
  const shown = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  return { ...mapTexts(seen, clean), body: shown };
}
