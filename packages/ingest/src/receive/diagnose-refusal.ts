import { type Diagnosis, diagnose } from "@convergint/diagnose";
import type { Clock } from "../clock.ts";
import type { Delivery } from "./accept.ts";

/**
 * A diagnosis takes far longer than a verification. The limit keeps a flood of forgeries from overloading the
 * server.
 */
const MAX_PER_SECOND = 5;
const SECOND_MS = 1000;

function describe(diagnosis: Diagnosis): string {
  if (diagnosis.verdict === "valid")
    return "The delivery verifies now, because the secrets have changed since it arrived.";
  if (diagnosis.verdict === "unknown") return `${diagnosis.explanation} Compare: ${diagnosis.compare[0]}`;
  return diagnosis.mistakes
    .map(({ title, explanation, fix }) => {
      const [line] = "line" in fix ? [fix.line] : Object.values(fix);
      return `${title}: ${explanation} Change: ${line}`;
    })
    .join(" ");
}

/**
 * Creates a function that finds out, for the operator, why a delivery did not verify. The sender learns only
 * that it did not verify. A few deliveries per second are diagnosed; the others are skipped.
 *
 * @returns the diagnosis, without any secret; `null` for a skipped delivery
 */
export function createExplainer(
  clock: Pick<Clock, "now">,
): (delivery: Delivery, secrets: readonly string[]) => Promise<string | null> {
  let startedAt = Number.NEGATIVE_INFINITY;
  let diagnosed = 0;
  return async ({ headers, body, receivedAt }, secrets) => {
    const now = clock.now();
    // Uses the absolute value: if the clock is set back, diagnoses would otherwise stop until it catches up.
    if (Math.abs(now - startedAt) >= SECOND_MS) {
      startedAt = now;
      diagnosed = 0;
    }
    diagnosed += 1;
    if (diagnosed > MAX_PER_SECOND) return null;
    // Lets the answer be sent first.
    await new Promise((resolve) => setImmediate(resolve));
    return describe(await diagnose({ headers, body, keys: secrets, now: receivedAt }));
  };
}
