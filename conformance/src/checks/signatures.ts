import { DELIVERIES, deliveriesIn, type SecuredDelivery } from "../evidence/deliveries.ts";
import { eventOf, isBatch, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { isSignedBy } from "./ed25519-signature.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { isSignedOtherwise, isUsable, refusalOf } from "./hmac-signature.ts";

const NO_WEBHOOK = "no webhook came; see EVT-001";
const CLOCK_TOLERANCE_SECONDS = 5 * 60;

const FIND_IT =
  "Register an endpoint of `convergint-conformance listen --secret whsec_…`: it tries the usual mistakes and names the line to change in your language.";

/** What a signature looks wrong by, whatever it signs; `null` where it looks right. */
function shapeHint(sent: string): string | null {
  if (sent === "") return "Send the header with every delivery.";
  if (/^(?:v1,|sha256=)?[0-9a-f]{64}$/i.test(sent)) {
    return "It is written in hex. Send v1, and the base64 of the same 32 bytes: 44 characters, of which the last is =.";
  }
  return sent.split(" ").some((each) => each.startsWith("v1,"))
    ? null
    : "None of these begins with v1, and a comma, so none is looked at.";
}

/** What is wrong with a delivery's signature by every secret of its endpoint; each is right for some time. */
async function judgeSignature({ at, delivery, secrets }: SecuredDelivery): Promise<Failure | null> {
  const refusals = await Promise.all(secrets.map((secret) => refusalOf(delivery, secret)));
  if (refusals.includes(null)) return null;
  const hint = secrets.some((secret) => isSignedOtherwise(delivery, secret))
    ? "The signature fits the same JSON written with other white space: it was signed, and then written anew. Serialise once, sign those bytes, and send those bytes."
    : (shapeHint(delivery.headers["webhook-signature"] ?? "") ?? `${refusals[0]} ${FIND_IT}`);
  return {
    at,
    where: "webhook-signature",
    expected:
      "v1, and the base64 of HMAC-SHA256 over webhook-id.webhook-timestamp.body, as sent, with the bytes whose base64 stands behind whsec_ for a key",
    actual: show(delivery.headers["webhook-signature"]),
    hint,
  };
}

/** The deliveries with those secrets that anything could be signed with. */
const withUsableSecrets = (deliveries: readonly SecuredDelivery[]) =>
  Promise.all(
    deliveries.map(async (subject) => {
      const usable = await Promise.all(subject.secrets.map(isUsable));
      return { ...subject, secrets: subject.secrets.filter((_, index) => usable[index]) };
    }),
  );

export const signatureChecks = [
  check("SIG-001", DELIVERIES, async (evidence): Promise<Finding> => {
    const deliveries = await withUsableSecrets(deliveriesIn(evidence));
    if (deliveries.some(({ secrets }) => secrets.length === 0)) {
      return { outcome: "could-not-run", reason: "the secret that the vendor answered is none; see SEC-002" };
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
        expected: `Unix seconds of the attempt, within 5 minutes of ${Math.round(Date.parse(delivery.receivedAt) / 1000)}`,
        actual: show(sent),
        hint:
          Number(sent) > 1e11
            ? "These are milliseconds: divide by 1000 and round down."
            : "Take the time and sign anew at each attempt, when it is sent and not when it was queued, by a synchronised clock.",
      };
    }),
  ),

  check("SIG-003", DELIVERIES, (evidence): Finding => {
    const all = deliveriesIn(evidence);
    const single = all.filter(({ delivery }) => !isBatch(delivery));
    if (all.length > 0 && single.length === 0) {
      return { outcome: "not-applicable", reason: "every delivery was a batch, which has an id of its own" };
    }
    return judgeEach(
      single
        .map((subject) => ({ ...subject, id: textOf(eventOf(subject.delivery), "id") }))
        .filter(({ id }) => id !== null),
      `${NO_WEBHOOK}, or none with an id; see EVT-002`,
      ({ delivery, id }) =>
        delivery.headers["webhook-id"] === id
          ? null
          : {
              where: "webhook-id",
              expected: `the event's id, ${show(id)}`,
              actual: show(delivery.headers["webhook-id"]),
              hint: "Send the id of the event in the body, the same at every attempt: consumers know a repetition by it.",
            },
    );
  }),

  check("SIG-004", ["discovery", ...DELIVERIES], ({ discovery, ...evidence }) => {
    const webhooks = memberOf(objectOf(discovery.manifest), "webhooks");
    const { signature_schemes: schemes, public_keys: keys } = webhooks ?? {};
    if (!Array.isArray(schemes) || !schemes.includes("v1a")) {
      return { outcome: "not-applicable", reason: "the manifest's signature_schemes have no v1a" };
    }
    return judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) =>
      isSignedBy(Array.isArray(keys) ? keys : [], delivery)
        ? null
        : {
            where: "webhook-signature",
            expected:
              "`v1a,` and the base64 of an Ed25519 signature over `webhook-id.webhook-timestamp.body`, which a key of the manifest's public_keys verifies",
            actual: show(delivery.headers["webhook-signature"]),
            hint: "Sign the same bytes as for v1, and add this behind the v1 signature, with a space between; or take v1a out of webhooks.signature_schemes until you do.",
          },
    );
  }),
];
