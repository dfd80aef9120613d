import { DELIVERIES, deliveriesIn, type SecuredDelivery } from "../evidence/deliveries.ts";
import { eventOf, isBatch, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, NO_WEBHOOK, show } from "./finding.ts";
import {
  findVerificationError,
  isSignedBeforeReformatting,
  isSignedBy,
  isUsable,
} from "./signature-schemes.ts";

const CLOCK_TOLERANCE_SECONDS = 5 * 60;

const USE_LISTEN =
  "Run `convergint-conformance listen --secret whsec_…` and register its URL as an endpoint. The command looks for common mistakes and shows the line to change in your programming language.";

/**
 * Returns what is wrong with the format of a signature, without verifying it; `null` if the format is right.
 */
function adviseOnFormat(sent: string): string | null {
  if (sent === "") return "The header is missing. Send webhook-signature with every delivery.";
  if (/^(?:v1,|sha256=)?[0-9a-f]{64}$/i.test(sent)) {
    return "The signature is in hex. Send `v1,` followed by the base64 of the same 32 bytes. The base64 has 44 characters and ends with =.";
  }
  return sent.split(" ").some((each) => each.startsWith("v1,"))
    ? null
    : "Receivers check only signatures that start with `v1,`. This header has no such signature. Put `v1,` before the base64.";
}

/**
 * Returns what is wrong with a delivery's signature if none of its endpoint's secrets verifies it; any of
 * these secrets may be the current one.
 */
async function judgeSignature({ at, delivery, secrets }: SecuredDelivery): Promise<Failure | null> {
  const refusals = await Promise.all(secrets.map((secret) => findVerificationError(delivery, secret)));
  if (refusals.includes(null)) return null;
  const hint = secrets.some((secret) => isSignedBeforeReformatting(delivery, secret))
    ? "The signature matches the same JSON with different white space. The body was serialized again after signing. Serialize once, sign those bytes, and send those bytes."
    : (adviseOnFormat(delivery.headers["webhook-signature"] ?? "") ?? `${refusals[0]} ${USE_LISTEN}`);
  return {
    at,
    where: "webhook-signature",
    expected:
      "`v1,` and the base64 of an HMAC-SHA256 over `webhook-id.webhook-timestamp.body` as sent; the key is the base64-decoded text after whsec_",
    actual: show(delivery.headers["webhook-signature"]),
    hint,
  };
}

/** Returns the deliveries, each with only those secrets that can be used to sign. */
async function withUsableSecrets(deliveries: readonly SecuredDelivery[]) {
  const all = [...new Set(deliveries.flatMap(({ secrets }) => secrets))];
  const judged = await Promise.all(all.map(isUsable));
  const usable = new Set(all.filter((_, index) => judged[index]));
  return deliveries.map((subject) => ({
    ...subject,
    secrets: subject.secrets.filter((secret) => usable.has(secret)),
  }));
}

export const signatureChecks = [
  check("SIG-001", DELIVERIES, async (evidence): Promise<Finding> => {
    const deliveries = await withUsableSecrets(deliveriesIn(evidence));
    if (deliveries.some(({ secrets }) => secrets.length === 0)) {
      return { outcome: "could-not-run", reason: "the vendor returned an invalid secret; see SEC-002" };
    }
    const judged = await Promise.all(deliveries.map(judgeSignature));
    const [failure, ...others] = judged.filter((found) => found !== null);
    if (failure) return { outcome: "fail", failures: [failure, ...others], judged: deliveries.length };
    return judgeEach(deliveries, NO_WEBHOOK, () => null);
  }),

  check("SIG-002", DELIVERIES, (evidence) =>
    judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) => {
      const sent = delivery.headers["webhook-timestamp"];
      const off = Number(sent) - Date.parse(delivery.receivedAt) / 1000;
      if (/^\d+$/.test(sent ?? "") && Math.abs(off) <= CLOCK_TOLERANCE_SECONDS) return null;
      return {
        where: "webhook-timestamp",
        expected: `the attempt's time in Unix seconds, within 5 minutes of ${Math.round(Date.parse(delivery.receivedAt) / 1000)}`,
        actual: show(sent),
        hint:
          Number(sent) > 1e11
            ? "The timestamp is in milliseconds. Divide by 1000 and round down."
            : "At every attempt, take the time from a synchronized clock and sign again: when you send, not when you enqueue.",
      };
    }),
  ),

  check("SIG-003", DELIVERIES, (evidence): Finding => {
    const all = deliveriesIn(evidence);
    const single = all.filter(({ delivery }) => !isBatch(delivery));
    if (all.length > 0 && single.length === 0) {
      return {
        outcome: "not-applicable",
        reason: "every delivery was a batch, and the webhook-id of a batch is not the id of an event",
      };
    }
    return judgeEach(
      single
        .map((subject) => ({ ...subject, id: textOf(eventOf(subject.delivery), "id") }))
        .filter(({ id }) => id !== null),
      "no webhook arrived (see EVT-001), or no event has an id (see EVT-002)",
      ({ delivery, id }) =>
        delivery.headers["webhook-id"] === id
          ? null
          : {
              where: "webhook-id",
              expected: `the event's id, ${show(id)}`,
              actual: show(delivery.headers["webhook-id"]),
              hint: "Set webhook-id to the id of the event in the body, and keep it the same at every attempt. Consumers use webhook-id to recognize duplicates.",
            },
    );
  }),

  check("SIG-004", ["discovery", ...DELIVERIES], ({ discovery, ...evidence }) => {
    const webhooks = memberOf(objectOf(discovery.manifest), "webhooks");
    const { signature_schemes: schemes, public_keys: keys } = webhooks ?? {};
    if (!Array.isArray(schemes) || !schemes.includes("v1a")) {
      return { outcome: "not-applicable", reason: "the manifest's signature_schemes do not include v1a" };
    }
    return judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) =>
      isSignedBy(Array.isArray(keys) ? keys : [], delivery)
        ? null
        : {
            where: "webhook-signature",
            expected:
              "`v1a,` and the base64 of an Ed25519 signature over `webhook-id.webhook-timestamp.body` that verifies with one of the manifest's public_keys",
            actual: show(delivery.headers["webhook-signature"]),
            hint: "Sign the same bytes as for v1 and add this signature after the v1 signature, separated by a space. Until you do, remove v1a from webhooks.signature_schemes.",
          },
    );
  }),
];
