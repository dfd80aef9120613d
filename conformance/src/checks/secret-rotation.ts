import { rotatedSecretSchema, timestampSchema } from "@convergint/schemas";
import { beganAfter, secretOf } from "../evidence/deliveries.ts";
import type { Evidence, ManagedEndpoints, ManagedLifecycle } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { findDelivery } from "../evidence/match-deliveries.ts";
import { endOf, isSuccess, objectOf, textOf } from "../evidence/read.ts";
import { endpointCheck } from "./check.ts";
import { type Finding, judgeEach, type Problem, show } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";
import { findVerificationError, isUsable } from "./signature-schemes.ts";

const MIN_OVERLAP_MS = 24 * 60 * 60 * 1000;
/** How far the clocks of the vendor and the suite may differ. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/** How far the clocks of the vendor's own machines may differ. */
const CLOCKS_APART_SECONDS = 5;

interface Parts {
  readonly endpoints: ManagedEndpoints;
  readonly lifecycle: ManagedLifecycle;
  readonly retries?: Evidence["retries"] | undefined;
}

const secretIn = (exchange: Exchange) => textOf(objectOf(exchange), "secret") ?? "";

const secretsOf = ({ endpoints, lifecycle }: Parts) => ({
  previous: secretIn(endpoints.created),
  next: secretIn(lifecycle.rotation),
});

/** Returns what is wrong with the response to the rotation; never repeats a secret. */
async function findRotationProblem(parts: Parts): Promise<Problem | null> {
  const { rotation } = parts.lifecycle;
  const unreadable = findUnusableResponse(rotation);
  if (unreadable) return unreadable;
  const wrong = findSchemaFailure(rotatedSecretSchema, objectOf(rotation));
  if (wrong) return { ...wrong, actual: "another value" };
  const { previous, next } = secretsOf(parts);
  if (next === previous) {
    return {
      where: "/secret",
      expected: "a new secret",
      actual: "the previous secret",
      hint: "Generate new random bytes at every rotation. A consumer rotates because the previous secret may have leaked.",
    };
  }
  if (await isUsable(next)) return null;
  return {
    where: "/secret",
    expected: "whsec_ and the base64 of 24 to 64 random bytes",
    actual: "another value",
    hint: "Generate the secret in the same way as at registration: encode 32 random bytes as base64 with padding, and prepend whsec_.",
  };
}

/**
 * Returns the deliveries that were certainly signed after the rotation: the deliveries of two later changes,
 * and every delivery that was signed well after the deliveries of these changes. Other deliveries may have
 * been signed before the rotation and arrived after it.
 */
function findLaterDeliveries({ lifecycle }: Parts): readonly Delivery[] {
  const { afterRotation, afterDeletion, deliveries } = lifecycle;
  const after = [afterRotation, afterDeletion].flatMap((change) => findDelivery(change, deliveries) ?? []);
  const signedAt = ({ headers }: Delivery) => Number(headers["webhook-timestamp"]);
  const earliest = Math.min(...after.map(signedAt));
  const later = deliveries.filter((delivery) => signedAt(delivery) > earliest + CLOCKS_APART_SECONDS);
  return [...new Set([...after, ...later])];
}

/**
 * Returns the attempts, after a rotation, at deliveries that had failed before the rotation, with the
 * secrets.
 */
function findAttemptsAfterRotation({ retries }: Parts) {
  const { rotation, endpoints, latencySeconds = 0 } = retries ?? {};
  if (!rotation || !endpoints || !isSuccess(rotation)) return [];
  const { rotated } = endpoints;
  const secrets = { previous: secretOf(rotated), next: secretIn(rotation) };
  return rotated.deliveries
    .filter((delivery) => beganAfter(delivery, endOf(rotation), { latencySeconds, call: rotation }))
    .map((delivery) => ({ delivery, ...secrets }));
}

/** Returns, for each delivery after a rotation, which secrets signed it. */
async function findSigners(parts: Parts) {
  const secrets = secretsOf(parts);
  const later = findLaterDeliveries(parts).map((delivery) => ({ delivery, ...secrets }));
  const judged = await Promise.all(
    [...later, ...findAttemptsAfterRotation(parts)].map(async ({ delivery, previous, next }) => ({
      at: delivery.id,
      byPrevious: (await findVerificationError(delivery, previous)) === null,
      byNext: (await findVerificationError(delivery, next)) === null,
    })),
  );
  // SIG-001 reports a delivery that no secret verifies.
  return judged.filter(({ byPrevious, byNext }) => byPrevious || byNext);
}

export const secretRotationChecks = [
  endpointCheck("SEC-009", ["endpoints", "lifecycle"], async (parts): Promise<Finding> => {
    const broken = await findRotationProblem(parts);
    if (broken) return judgeEach([{ at: parts.lifecycle.rotation.id }], "", () => broken);
    if (!(await isUsable(secretsOf(parts).previous))) {
      return { outcome: "could-not-run", reason: "the vendor returned an invalid secret; see SEC-002" };
    }
    return judgeEach(
      await findSigners(parts),
      "no webhook with a valid signature arrived after the rotation; see EVT-001 and SIG-001",
      ({ byPrevious, byNext }) => {
        if (byPrevious && byNext) return null;
        return {
          where: "webhook-signature",
          expected:
            "a signature with the new secret and a signature with the previous secret, separated by a space",
          actual: byNext
            ? "only a signature with the new secret"
            : "only a signature with the previous secret",
          hint: "Sign every delivery with both secrets until previous_expires_at, and send both signatures in one header: v1,… v1,…. Do so at every attempt, also at a delivery that failed before the rotation. Deliveries continue while a consumer deploys the new secret.",
        };
      },
    );
  }),

  endpointCheck("SEC-010", ["lifecycle"], ({ lifecycle: { rotation } }) => {
    const end = timestampSchema.safeParse(objectOf(rotation)?.["previous_expires_at"]);
    return judgeEach(
      end.success ? [{ at: rotation.id, end: end.data }] : [],
      "no rotation returned a previous_expires_at; see SEC-009",
      ({ end: expiresAt }) => {
        const earliest = Date.parse(rotation.startedAt) + MIN_OVERLAP_MS - CLOCK_TOLERANCE_MS;
        return Date.parse(expiresAt) >= earliest
          ? null
          : {
              where: "/previous_expires_at",
              expected: `at least 24 hours after the rotation at ${rotation.startedAt}`,
              actual: show(expiresAt),
              hint: "For at least 24 hours, keep the previous secret valid and sign with both secrets. A consumer needs a working day to deploy the new secret.",
            };
      },
    );
  }),
];
