export type { ProxySettings } from "@convergint/internal/proxy";
export { type Clock, systemClock } from "./clock.ts";
export type { Endpoint, EndpointRequest, RegisteredEndpoint, RotatedSecret } from "./endpoint.ts";
export { DeliveryError, type DeliveryErrorCode } from "./errors.ts";
export type { OutgoingEvent } from "./event.ts";
export { type AttemptOptions, attempt, type Delivery } from "./http/attempt.ts";
export { type ConnectionOptions, checkDestination, type DestinationOptions } from "./http/destination.ts";
export type { Post, Send, SignedRequest } from "./http/post.ts";
export type { OutboxOptions } from "./options.ts";
export {
  createOutbox,
  type EnqueueOptions,
  type Outbox,
  type PublishedEventsRequest,
} from "./outbox.ts";
export type { BatchSettings } from "./rules/batch.ts";
export {
  DEFAULT_RETRY_SCHEDULE_SECONDS,
  type NextAttempt,
  type NextAttemptOptions,
  nextAttempt,
} from "./rules/next-attempt.ts";
export type { FailureReason, Outcome } from "./rules/outcome.ts";
export type { DeadLetter, OutboxStore, PublishedEvent } from "./store/store.ts";
export type { AttemptReport } from "./work/settings.ts";
