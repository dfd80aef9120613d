import { type VerifyOptions, verify, WebhookVerificationError } from "@convergint/webhooks";
import { type ReceivedDelivery, type Step, step } from "./inspection.ts";

/** Verifies, and gives the refusal instead of throwing it. */
async function refusalOf(options: VerifyOptions): Promise<WebhookVerificationError | { keyIndex: number }> {
  try {
    return await verify(options);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error;
    throw error;
  }
}

const isRefusal = (result: object): result is WebhookVerificationError =>
  result instanceof WebhookVerificationError;
const isOfTime = ({ code }: WebhookVerificationError): boolean =>
  code === "timestamp_too_old" || code === "timestamp_too_new";

const UNTIL_HEADERS = "Cannot be told until the headers are right.";

const matched = (keyIndex: number, keys: readonly string[]): string =>
  keys.length === 1 ? "It verifies." : `It verifies, by key ${keyIndex + 1} of ${keys.length}.`;

/** Looks at what a delivery was signed with. A timestamp that is off does not hide whether the signature is right. */
export async function signatureSteps(
  { headers, body, receivedAt }: ReceivedDelivery,
  keys: readonly string[],
): Promise<readonly Step[]> {
  const delivery = { headers, body, keys, now: receivedAt };
  const first = await refusalOf(delivery);
  const ofTime = isRefusal(first) && isOfTime(first) ? first : null;
  const result = ofTime ? await refusalOf({ ...delivery, toleranceSeconds: Number.MAX_SAFE_INTEGER }) : first;
  if (isRefusal(result) && (result.code === "missing_header" || result.code === "malformed_header")) {
    return [
      step("headers", "wrong", result.message, "SIG-001"),
      step("timestamp", "unknown", UNTIL_HEADERS, "SIG-002"),
      step("signature", "unknown", UNTIL_HEADERS, "SIG-001"),
    ];
  }
  return [
    step(
      "headers",
      "ok",
      "webhook-id, webhook-timestamp and webhook-signature are there and well formed.",
      "SIG-001",
    ),
    ofTime
      ? step("timestamp", "wrong", ofTime.message, "SIG-002")
      : step("timestamp", "ok", "Within 5 minutes of the clock here.", "SIG-002"),
    isRefusal(result)
      ? step("signature", "wrong", result.message, "SIG-001")
      : step("signature", "ok", matched(result.keyIndex, keys), "SIG-001"),
  ];
}
