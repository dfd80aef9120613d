import { sign, verify, WebhookUsageError, WebhookVerificationError } from "@convergint/webhooks";
import { Webhook } from "standardwebhooks";
import type { Delivery } from "../evidence/exchange.ts";
import { reformatBody } from "../evidence/read.ts";

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

/** Tells whether a secret is one that anything could be signed with; another is SEC-002's matter. */
export async function isUsable(secret: string): Promise<boolean> {
  try {
    await sign({ id: "id", body: "", keys: secret });
  } catch (error) {
    if (error instanceof WebhookUsageError && error.code === "invalid_key") return false;
    throw error;
  }
  try {
    new Webhook(secret);
    return true;
  } catch {
    return false;
  }
}

/**
 * Why a delivery's signature does not verify with a secret, or `null` where it does: by two implementations.
 *
 * @param secret a usable one
 */
export async function refusalOf(delivery: Delivery, secret: string): Promise<string | null> {
  return (await refusedByKit(delivery, secret)) ?? refusedByPeer(delivery, secret);
}

/** The mistake made most often: what was signed is the same JSON, written otherwise. */
export const isSignedOtherwise = (delivery: Delivery, secret: string): boolean =>
  reformatBody(delivery).some((text) => {
    const bodyBase64 = Buffer.from(text).toString("base64");
    return bodyBase64 !== delivery.bodyBase64 && refusedByPeer({ ...delivery, bodyBase64 }, secret) === null;
  });
