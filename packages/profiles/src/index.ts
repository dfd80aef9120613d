export { type CheckReport, checkProfile, type SampleFile } from "./check/check.ts";
export type { CoverageRow } from "./check/coverage.ts";
export { draftProfile } from "./check/draft.ts";
export {
  type FieldRule,
  type FieldRules,
  TIME_UNITS,
  type TimeRule,
  type TimeUnit,
  type ValueRule,
} from "./document.ts";
export {
  ExpressionError,
  type ExpressionErrorCode,
  type Place,
  ProfileDeliveryError,
  type ProfileDeliveryErrorCode,
  ProfileError,
  type ProfileErrorCode,
  type ProfileProblem,
  ProfileSecretError,
  showProblem,
} from "./errors.ts";
export { Expression, type Variables } from "./expression.ts";
export { describeGaps, type Gap } from "./gaps.ts";
export type { ProfileCredential } from "./inventory/auth.ts";
export { DEFAULT_READ_LIMITS, type ReadLimits } from "./inventory/budget.ts";
export { type ContractFetchOptions, createContractFetch } from "./inventory/contract-fetch.ts";
export { createEventCatalog, createManifest } from "./inventory/manifest.ts";
export {
  type Inventory,
  type ListedItem,
  type MappingParts,
  mapInventory,
  type ProfileFault,
  type SnapshotRecord,
} from "./inventory/mapping.ts";
export { VendorReadError, type VendorReadErrorCode } from "./inventory/vendor-error.ts";
export { profileJsonSchema } from "./json-schema.ts";
export {
  type AuthRule,
  type ErrorRule,
  type InventoryRules,
  type JoinRule,
  type PagingRule,
  type ProfileDocument,
  profileSchema,
  type RequestRule,
  type SourceRule,
  type WordRules,
} from "./profile.ts";
export { type Profile, readProfile } from "./read-profile.ts";
export {
  createFieldMapper,
  createRecordMapper,
  type FieldMapper,
  type MappedRecord,
  type MappingFault,
  type RecordKind,
} from "./record.ts";
export { guardEach } from "./sandbox.ts";
export { listShipped, readShipped } from "./shipped.ts";
export { type JsonTemplate, renderJson, Template } from "./template.ts";
export type {
  EventRule,
  HandshakeRule,
  SignatureRule,
  WebhookRules,
} from "./webhooks/document.ts";
export { createEventMapper, type MapDelivery, type MappedEvents, UNMAPPED_EVENT } from "./webhooks/events.ts";
export type { HandshakeAnswer } from "./webhooks/handshake.ts";
export {
  createWebhookReader,
  type ReadDelivery,
  type VendorDelivery,
  type WebhookReader,
} from "./webhooks/reader.ts";
export type { WebhookRequest } from "./webhooks/request.ts";
export type { UnmappedWord } from "./words.ts";
