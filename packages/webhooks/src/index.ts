export {
  createVerifier,
  type VerifiedEvent,
  type Verifier,
  type VerifierOptions,
} from "./create-verifier.ts";
export {
  type PayloadIssue,
  WebhookError,
  WebhookPayloadError,
  type WebhookPayloadErrorCode,
  WebhookUsageError,
  type WebhookUsageErrorCode,
  WebhookVerificationError,
  type WebhookVerificationErrorCode,
} from "./errors.ts";
export { isDeliveryId, readHeaders, type WebhookHeaders, type WebhookHeadersInput } from "./headers.ts";
export { generateKeyPair, generateSecret, type WebhookKeyPair, type WebhookKeys } from "./key.ts";
export type { PayloadResult, PayloadSchema } from "./payload.ts";
export {
  type Claim,
  createMemoryReplayGuard,
  type MemoryReplayGuardOptions,
  type ReplayGuard,
  type ReplayProtection,
  toReplayKey,
} from "./replay-guard.ts";
export {
  createSigner,
  type Signer,
  type SignerOptions,
  type SignOptions,
  sign,
  type WebhookAttempt,
} from "./sign.ts";
export { type VerifiedWebhook, type VerifyOptions, verify, type WebhookDelivery } from "./verify.ts";
