export {
  type FieldRule,
  type FieldRules,
  type JsonTemplate,
  TIME_UNITS,
  type TimeRule,
  type TimeUnit,
  type ValueRule,
} from "./document.ts";
export {
  ExpressionError,
  type ExpressionErrorCode,
  type Place,
  ProfileError,
  type ProfileErrorCode,
  type ProfileProblem,
} from "./errors.ts";
export { Expression, type Variables } from "./expression.ts";
export {
  type AuthRule,
  type ErrorRule,
  type EventRule,
  type HandshakeRule,
  type InventoryRules,
  type JoinRule,
  type PagingRule,
  type ProfileDocument,
  profileSchema,
  type RequestRule,
  type SignatureRule,
  type SourceRule,
  type WebhookRules,
  type WordRules,
} from "./profile.ts";
export { type Profile, readProfile } from "./read-profile.ts";
export { guardEach } from "./sandbox.ts";
export { renderJson, Template } from "./template.ts";
