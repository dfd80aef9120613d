import { rotatedSecretSchema, timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import { findDelivery } from "../evidence/match-deliveries.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { isUsable, refusalOf } from "./hmac-signature.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const LEAST_OVERLAP_MS = 24 * 60 * 60 * 1000;
/** How far the clocks of vendor and suite may be apart. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

type Parts = Pick<Evidence, "endpoints" | "lifecycle">;

const secretsOf = ({ endpoints, lifecycle }: Parts) => ({
  previous: textOf(objectOf(endpoints.created), "secret") ?? "",
  next: textOf(objectOf(lifecycle.rotation), "secret") ?? "",
});

/** What is wrong with the answer to the rotation, without repeating a secret. */
async function brokenRotation(parts: Parts): Promise<Omit<Failure, "at"> | null> {
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
      actual: "the previous one",
      hint: "Make new random bytes at each rotation: who rotates fears that the previous one is known to others.",
    };
  }
  if (await isUsable(next)) return null;
  return {
    where: "/secret",
    expected: "whsec_ and the base64 of 24 to 64 random bytes",
    actual: "another value",
    hint: "Make it as at the registration: 32 random bytes, base64 with padding, whsec_ before it.",
  };
}

/** What the deliveries after the rotation are signed with, for each that is signed with anything. */
async function signersOf(parts: Parts) {
  const { afterRotation, afterDeletion, deliveries } = parts.lifecycle;
  const { previous, next } = secretsOf(parts);
  const after = [afterRotation, afterDeletion].flatMap((change) => findDelivery(change, deliveries) ?? []);
  const judged = await Promise.all(
    after.map(async (delivery) => ({
      at: delivery.id,
      byPrevious: (await refusalOf(delivery, previous)) === null,
      byNext: (await refusalOf(delivery, next)) === null,
    })),
  );
  // One that no secret verifies is SIG-001's matter.
  return judged.filter(({ byPrevious, byNext }) => byPrevious || byNext);
}

export const secretRotationChecks = [
  check("SEC-009", ["endpoints", "lifecycle"], async (parts): Promise<Finding> => {
    const broken = await brokenRotation(parts);
    if (broken) return judgeEach([{ at: parts.lifecycle.rotation.id }], "", () => broken);
    if (!(await isUsable(secretsOf(parts).previous))) {
      return { outcome: "could-not-run", reason: "the secret that the vendor answered is none; see SEC-002" };
    }
    return judgeEach(
      await signersOf(parts),
      "no webhook with a signature that verifies came after the rotation; see EVT-001 and SIG-001",
      ({ byPrevious, byNext }) => {
        if (byPrevious && byNext) return null;
        return {
          where: "webhook-signature",
          expected: "a signature of the new secret and one of the previous, with a space between",
          actual: byNext ? "one of the new secret alone" : "one of the previous secret alone",
          hint: "Sign each delivery with both secrets until previous_expires_at, and send both in one header: v1,… v1,…. A consumer rolls a secret out while deliveries go on.",
        };
      },
    );
  }),

  check("SEC-010", ["lifecycle"], ({ lifecycle: { rotation } }) => {
    const end = timestampSchema.safeParse(objectOf(rotation)?.["previous_expires_at"]);
    return judgeEach(
      end.success ? [{ at: rotation.id, end: end.data }] : [],
      "no rotation was answered with a previous_expires_at; see SEC-009",
      ({ end: expiresAt }) => {
        const least = Date.parse(rotation.startedAt) + LEAST_OVERLAP_MS - CLOCK_TOLERANCE_MS;
        return Date.parse(expiresAt) >= least
          ? null
          : {
              where: "/previous_expires_at",
              expected: `at least 24 hours after the rotation, which was at ${rotation.startedAt}`,
              actual: show(expiresAt),
              hint: "Sign with both secrets until then: a consumer needs a working day to roll out the new one.",
            };
      },
    );
  }),
];
