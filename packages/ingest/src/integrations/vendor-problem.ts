import { VendorClientError, type VendorClientErrorCode } from "@convergint/client";
import { WebhookUsageError } from "@convergint/webhooks";
import { ProblemError } from "../problem.ts";

/** Errors caused by what the caller sent. All other errors are the vendor's fault. */
const CALLER_AT_FAULT: ReadonlySet<VendorClientErrorCode> = new Set([
  "unauthorized",
  "unreachable",
  "invalid_option",
  "not_found",
  "token_refused",
  "not_offered",
]);

/** Throws an error of a call to a vendor as a problem. Throws any other error unchanged. */
export function rethrowAsProblem(error: unknown): never {
  if (error instanceof WebhookUsageError)
    throw new ProblemError(400, "invalid_parameter", `Invalid webhook secret: ${error.message}`);
  if (!(error instanceof VendorClientError)) throw error;
  throw new ProblemError(CALLER_AT_FAULT.has(error.code) ? 422 : 502, `vendor_${error.code}`, error.message);
}

/** The problems of API calls that in turn call a vendor. */
export const VENDOR_PROBLEMS = {
  vendor_unauthorized: {
    status: 422,
    description:
      "The vendor refused the credential. For any other `vendor_…` code with status 422, correct what you sent.",
  },
  vendor_invalid_payload: {
    status: 502,
    description:
      "The vendor violated the contract. For any `vendor_…` code with status 502, the vendor must correct the error.",
  },
} as const;
