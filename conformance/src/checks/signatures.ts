import { verify, WebhookVerificationError } from "@convergint/webhooks";
import { Webhook } from "standardwebhooks";
import type { Delivery } from "../evidence/exchange.ts";
import { eventOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";

const NO_WEBHOOK = "no webhook came; see EVT-001";
const CLOCK_TOLERANCE_SECONDS = 5 * 60;

const timestampOf = ({ headers }: Delivery): Date => new Date(Number(headers["webhook-timestamp"]) * 1000);

/** The kit's own verifier, with the clock set to the delivery's: how fresh it is, is SIG-002's matter. */
async function refusedByKit(delivery: Delivery, secret: string): Promise<string | null> {
  try {
    const now = timestampOf(delivery);
    const body = Buffer.from(delivery.bodyBase64, "base64");
    await verify({
      headers: delivery.headers,
      body,
      keys: secret,
      ...(Number.isNaN(now.getTime()) ? {} : { now }),
    });
    return null;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.message;
    throw error;
  }
}

/** An independent implementation, so that a defect of the kit's verifier certifies nobody. */
function refusedByPeer(delivery: Delivery, secret: string): string | null {
  const body = Buffer.from(delivery.bodyBase64, "base64").toString("utf8");
  const signature = new Webhook(secret).sign(
    delivery.headers["webhook-id"] ?? "",
    timestampOf(delivery),
    body,
  );
  const sent = (delivery.headers["webhook-signature"] ?? "").split(" ");
  return sent.includes(signature)
    ? null
    : "the standardwebhooks library makes another signature of these bytes";
}

/** The mistake made most often: what was signed is the same JSON, written otherwise. */
function isSignedOtherwise(delivery: Delivery, secret: string): boolean {
  const event = eventOf(delivery);
  if (!event) return false;
  const otherwise = [JSON.stringify(event), JSON.stringify(event, null, 2), JSON.stringify(event, null, 4)];
  return otherwise.some((text) => {
    const bodyBase64 = Buffer.from(text).toString("base64");
    return bodyBase64 !== delivery.bodyBase64 && refusedByPeer({ ...delivery, bodyBase64 }, secret) === null;
  });
}

async function judgeSignature(delivery: Delivery, secret: string): Promise<Failure | null> {
  const refused = (await refusedByKit(delivery, secret)) ?? refusedByPeer(delivery, secret);
  if (refused === null) return null;
  const hint = isSignedOtherwise(delivery, secret)
    ? "The signature fits the same JSON written with other white space: it was signed, and then written anew. Serialise once, sign those bytes, and send those bytes."
    : refused;
  return {
    at: delivery.id,
    where: "webhook-signature",
    expected: "v1, and the base64 of HMAC-SHA256 over id.timestamp.body with the endpoint's secret",
    actual: show(delivery.headers["webhook-signature"]),
    hint,
  };
}

export const signatureChecks = [
  check("SIG-001", ["health"], async ({ health: { deliveries, secret } }): Promise<Finding> => {
    const judged = await Promise.all(deliveries.map((delivery) => judgeSignature(delivery, secret)));
    const [failure, ...others] = judged.filter((found) => found !== null);
    if (failure) return { outcome: "fail", failures: [failure, ...others] };
    return judgeEach(
      deliveries.map(({ id }) => ({ at: id })),
      NO_WEBHOOK,
      () => null,
    );
  }),

  check("SIG-002", ["health"], ({ health: { deliveries } }) =>
    judgeEach(
      deliveries.map((delivery) => ({ at: delivery.id, delivery })),
      NO_WEBHOOK,
      ({ delivery }) => {
        const sent = delivery.headers["webhook-timestamp"];
        const off = Number(sent) - Date.parse(delivery.receivedAt) / 1000;
        if (/^\d+$/.test(sent ?? "") && Math.abs(off) <= CLOCK_TOLERANCE_SECONDS) return null;
        return {
          where: "webhook-timestamp",
          expected: `Unix seconds of the attempt, within 5 minutes of ${Math.round(Date.parse(delivery.receivedAt) / 1000)}`,
          actual: show(sent),
          ...(Number(sent) > 1e11 ? { hint: "These are milliseconds: divide by 1000 and round down." } : {}),
        };
      },
    ),
  ),

  check("SIG-003", ["health"], ({ health: { deliveries } }) =>
    judgeEach(
      deliveries
        .map((delivery) => ({ at: delivery.id, delivery, id: textOf(eventOf(delivery), "id") }))
        .filter(({ id }) => id !== null),
      `${NO_WEBHOOK}, or none with an id; see EVT-002`,
      ({ delivery, id }) =>
        delivery.headers["webhook-id"] === id
          ? null
          : {
              where: "webhook-id",
              expected: `the event's id, ${show(id)}`,
              actual: show(delivery.headers["webhook-id"]),
            },
    ),
  ),
];
