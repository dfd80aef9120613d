export {
  WebhookError,
  WebhookUsageError,
  type WebhookUsageErrorCode,
  WebhookVerificationError,
  type WebhookVerificationErrorCode,
} from "./errors.ts";
export type { WebhookHeaders, WebhookHeadersInput } from "./headers.ts";
export { generateSecret, type WebhookKeys } from "./key.ts";
export { type SignOptions, sign } from "./sign.ts";
export { type VerifiedWebhook, type VerifyOptions, verify } from "./verify.ts";
