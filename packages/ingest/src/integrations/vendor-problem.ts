import { VendorClientError, type VendorClientErrorCode } from "@convergint/client";
import { WebhookUsageError } from "@convergint/webhooks";
import { ProblemError } from "../problem.ts";

/** What the caller sent is at fault; anything else is the vendor's. */
const CALLER_AT_FAULT: ReadonlySet<VendorClientErrorCode> = new Set([
  "unauthorized",
  "unreachable",
  "invalid_option",
  "not_found",
  "token_refused",
  "not_offered",
]);

/** A failure at the vendor's, as the person who onboards it should hear of it. Anything else is thrown as it is. */
export function rethrowAsProblem(error: unknown): never {
  if (error instanceof WebhookUsageError)
    throw new ProblemError(400, "invalid_parameter", `The webhook secret: ${error.message}`);
  if (!(error instanceof VendorClientError)) throw error;
  throw new ProblemError(CALLER_AT_FAULT.has(error.code) ? 422 : 502, `vendor_${error.code}`, error.message);
}

/** What the calls that ask a vendor may be refused with. */
export const VENDOR_PROBLEMS = {
  vendor_unauthorized: {
    status: 422,
    description:
      "The vendor refuses the credential. Other `vendor_…` codes with 422: what was sent is at fault.",
  },
  vendor_invalid_payload: {
    status: 502,
    description:
      "The vendor does not answer as the contract says. Other `vendor_…` codes with 502: the vendor is at fault.",
  },
} as const;
