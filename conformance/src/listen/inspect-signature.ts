import { type VerifyOptions, verify, WebhookVerificationError } from "@convergint/webhooks";
import { type ReceivedDelivery, type Step, step } from "./inspection.ts";

/** Verifies a signature and returns the error instead of throwing it. */
async function tryVerify(options: VerifyOptions): Promise<WebhookVerificationError | { keyIndex: number }> {
  try {
    return await verify(options);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error;
    throw error;
  }
}

const isError = (result: object): result is WebhookVerificationError =>
  result instanceof WebhookVerificationError;
const isTimestampError = ({ code }: WebhookVerificationError): boolean =>
  code === "timestamp_too_old" || code === "timestamp_too_new";

const HEADERS_INVALID = "Not checked: the headers are invalid.";

const describeMatch = (keyIndex: number, keys: readonly string[]): string =>
  keys.length === 1 ? "Valid." : `Valid, with key ${keyIndex + 1} of ${keys.length}.`;

/** Checks headers, timestamp and signature. Checks the signature even if the timestamp is wrong. */
export async function inspectSignature(
  { headers, body, receivedAt }: ReceivedDelivery,
  keys: readonly string[],
): Promise<readonly Step[]> {
  const delivery = { headers, body, keys, now: receivedAt };
  const first = await tryVerify(delivery);
  const timestampError = isError(first) && isTimestampError(first) ? first : null;
  const result = timestampError
    ? await tryVerify({ ...delivery, toleranceSeconds: Number.MAX_SAFE_INTEGER })
    : first;
  if (isError(result) && (result.code === "missing_header" || result.code === "malformed_header")) {
    return [
      step("headers", "wrong", result.message, "SIG-001"),
      step("timestamp", "unknown", HEADERS_INVALID, "SIG-002"),
      step("signature", "unknown", HEADERS_INVALID, "SIG-001"),
    ];
  }
  return [
    step(
      "headers",
      "ok",
      "webhook-id, webhook-timestamp and webhook-signature are present and well-formed.",
      "SIG-001",
    ),
    timestampError
      ? step("timestamp", "wrong", timestampError.message, "SIG-002")
      : step("timestamp", "ok", "The timestamp is within 5 minutes of this machine's clock.", "SIG-002"),
    isError(result)
      ? step("signature", "wrong", result.message, "SIG-001")
      : step("signature", "ok", describeMatch(result.keyIndex, keys), "SIG-001"),
  ];
}
