import { CERTIFICATE_TEXTS } from "../conformance/src/certificate/verify.ts";
import { SUITE_TEXTS } from "../conformance/src/cli/context.ts";
import { CLIENT_TEXTS } from "../packages/client/src/errors.ts";
import { CREATE_TEXTS } from "../packages/create-vendor/src/errors.ts";
import { DELIVERY_TEXTS } from "../packages/delivery/src/errors.ts";
import { COMMAND_TEXTS } from "../packages/ingest/src/cli/server-call.ts";
import { INGEST_TEXTS } from "../packages/ingest/src/problem.ts";
import { STORE_TEXTS } from "../packages/ingest/src/store/store.ts";
import { SHARED_TEXTS } from "../packages/internal/src/cli-errors.ts";
import { MOCK_TEXTS } from "../packages/mocks/src/mock-error.ts";
import {
  EXPRESSION_TEXTS,
  PROFILE_DELIVERY_TEXTS,
  PROFILE_TEXTS,
  SECRET_TEXTS,
} from "../packages/profiles/src/errors.ts";
import { VENDOR_READ_TEXTS } from "../packages/profiles/src/inventory/vendor-error.ts";
import { PROBLEM_TEXTS, REFUSAL_TEXTS } from "../packages/schemas/src/problem.ts";
import { TOKEN_TEXTS } from "../packages/tokens/src/errors.ts";
import { RECEIVER_TEXTS } from "../packages/webhooks/src/adapters/response.ts";
import { PAYLOAD_TEXTS, USAGE_TEXTS, VERIFICATION_TEXTS } from "../packages/webhooks/src/errors.ts";

/** What a code means, and what to do. Markdown. */
export interface CodeText {
  readonly means: string;
  readonly fix: string;
}

/** The codes of one kind of error. */
export interface CodeGroup {
  /** The folder of the package that raises them. */
  readonly folder: string;
  /** Where a reader meets the code, as a short label. */
  readonly where: string;
  readonly texts: Readonly<Record<string, CodeText>>;
}

/** Every error code of every package, from the records next to the code that raises them. */
export const CODE_GROUPS: readonly CodeGroup[] = [
  { folder: "packages/schemas", where: "answer of a vendor's API", texts: PROBLEM_TEXTS },
  { folder: "packages/schemas", where: "refused delivery", texts: REFUSAL_TEXTS },
  { folder: "packages/webhooks", where: "WebhookVerificationError", texts: VERIFICATION_TEXTS },
  { folder: "packages/webhooks", where: "WebhookPayloadError", texts: PAYLOAD_TEXTS },
  { folder: "packages/webhooks", where: "WebhookUsageError", texts: USAGE_TEXTS },
  { folder: "packages/webhooks", where: "refusal of an adapter", texts: RECEIVER_TEXTS },
  { folder: "packages/delivery", where: "DeliveryError", texts: DELIVERY_TEXTS },
  { folder: "packages/create-vendor", where: "CreateError", texts: CREATE_TEXTS },
  { folder: "packages/client", where: "VendorClientError", texts: CLIENT_TEXTS },
  { folder: "packages/tokens", where: "TokenError", texts: TOKEN_TEXTS },
  { folder: "packages/ingest", where: "answer of the server", texts: INGEST_TEXTS },
  { folder: "packages/ingest", where: "server log", texts: STORE_TEXTS },
  { folder: "packages/ingest", where: "server command or list of refused deliveries", texts: COMMAND_TEXTS },
  { folder: "packages/profiles", where: "ProfileError", texts: PROFILE_TEXTS },
  { folder: "packages/profiles", where: "ExpressionError", texts: EXPRESSION_TEXTS },
  { folder: "packages/profiles", where: "ProfileDeliveryError", texts: PROFILE_DELIVERY_TEXTS },
  { folder: "packages/profiles", where: "ProfileSecretError", texts: SECRET_TEXTS },
  { folder: "packages/profiles", where: "VendorReadError", texts: VENDOR_READ_TEXTS },
  { folder: "packages/mocks", where: "MockError", texts: MOCK_TEXTS },
  { folder: "packages/internal", where: "several packages", texts: SHARED_TEXTS },
  { folder: "conformance", where: "error of the suite", texts: SUITE_TEXTS },
  { folder: "conformance", where: "rejected certificate", texts: CERTIFICATE_TEXTS },
];
