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
  type FieldRule,
  type FieldRules,
  type HandshakeRule,
  type InventoryRules,
  type JoinRule,
  type JsonTemplate,
  type PagingRule,
  type ProfileDocument,
  profileSchema,
  type RequestRule,
  type SignatureRule,
  type SourceRule,
  TIME_UNITS,
  type TimeRule,
  type TimeUnit,
  type WebhookRules,
  type WordRules,
} from "./profile.ts";
export { Template } from "./template.ts";
