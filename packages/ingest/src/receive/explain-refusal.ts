import { type Diagnosis, diagnose } from "@convergint/diagnose";
import type { Delivery } from "./accept.ts";

/** To find out what is wrong takes far longer than to verify: a flood of forgeries must not become a load. */
const MOST_A_SECOND = 5;
const SECOND_MS = 1000;

function inWords(diagnosis: Diagnosis): string {
  if (diagnosis.verdict === "valid") return "By now it verifies: the secrets have changed meanwhile.";
  if (diagnosis.verdict === "unknown") return `${diagnosis.explanation} Compare: ${diagnosis.compare[0]}`;
  return diagnosis.mistakes
    .map(({ title, explanation, fix }) => {
      const [line] = "line" in fix ? [fix.line] : Object.values(fix);
      return `${title}: ${explanation} Change: ${line}`;
    })
    .join(" ");
}

/**
 * Makes the function that finds out why a delivery did not verify, for people to see; its sender is told no more than that it
 * did not. A few a second are looked into, and the rest are passed over.
 *
 * @returns what was found, without any secret; `null` where it was passed over
 */
export function createExplainer(): (
  delivery: Delivery,
  secrets: readonly string[],
) => Promise<string | null> {
  let startedAt = Number.NEGATIVE_INFINITY;
  let looked = 0;
  return async ({ headers, body, receivedAt }, secrets) => {
    const now = performance.now();
    if (now - startedAt >= SECOND_MS) {
      startedAt = now;
      looked = 0;
    }
    looked += 1;
    if (looked > MOST_A_SECOND) return null;
    // After the answer, and not before it.
    await new Promise((resolve) => setImmediate(resolve));
    return inWords(await diagnose({ headers, body, keys: secrets, now: receivedAt }));
  };
}
