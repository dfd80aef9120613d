import {
  BATCH_MEDIA_TYPE,
  batchAnswerSchema,
  EVENT_MEDIA_TYPE,
  EVENT_TYPES,
  eventBatchSchema,
  eventSchema,
} from "@convergint/schemas";
import type { z } from "zod";
import { ref } from "../json-schemas.ts";
import { batchAnswer, eventBatch, exampleEvent, vendorsOwnEvent } from "./examples.ts";
import { content, shared } from "./responses.ts";

const header = (name: string, description: string, schema: object, example: string) => ({
  name,
  in: "header",
  required: true,
  description,
  schema,
  example,
});

/**
 * The headers of Standard Webhooks. They are not components: code generators look up the components of paths, and
 * leave a reference from a webhook unresolved.
 */
const signatureHeaders = [
  header(
    "webhook-id",
    "Stable id of the delivery, the same on every retry. A delivery of a single event has the event's id; a batch has a separate id.",
    { type: "string", minLength: 1, maxLength: 256 },
    "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z",
  ),
  header(
    "webhook-timestamp",
    "Time when this attempt was signed, in Unix seconds.",
    { type: "string", pattern: "^\\d+$" },
    "1795422667",
  ),
  header(
    "webhook-signature",
    "Signatures of `id.timestamp.body`, separated by spaces. A `v1` signature is `v1,` followed by the base64 of the HMAC-SHA256. A `v1a` signature is `v1a,` followed by the base64 of the Ed25519 signature.",
    { type: "string" },
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ),
];

const failures = shared(
  "NotAnEvent",
  "NotVerified",
  "EndpointGone",
  "DeliveryTooLarge",
  "NotADelivery",
  "TooManyRequests",
  "NotStored",
);

const TAGS = ["Deliveries"];

interface Delivery {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly mediaType: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
  readonly accepted: object;
}

const webhook = ({ name, summary, description, mediaType, schema, example, accepted }: Delivery) => ({
  post: {
    operationId: `receive${name[0]?.toUpperCase()}${name.slice(1)}`,
    summary,
    description,
    tags: TAGS,
    // The signature authenticates a delivery; OpenAPI has no security scheme for that.
    security: [],
    parameters: signatureHeaders,
    requestBody: {
      description: "The signed bytes.",
      required: true,
      content: content(mediaType, schema, { example }),
    },
    responses: { ...accepted, ...failures },
  },
});

const stored = { 204: { description: "Stored. A duplicate of an event gets the same response." } };

/**
 * Every delivery to one endpoint, as a callback of the call that registers the endpoint. Code generators that
 * know only OpenAPI 3.0 read no webhooks, and remove the schemas that only webhooks use.
 */
export const deliveryCallback = {
  "{$request.body#/url}": {
    post: {
      operationId: "receiveDelivery",
      summary: "A delivery to this endpoint",
      description: "The section `webhooks` of this document describes each event type separately.",
      tags: TAGS,
      security: [],
      parameters: signatureHeaders,
      requestBody: {
        description: "The signed bytes.",
        required: true,
        content: {
          [EVENT_MEDIA_TYPE]: {
            schema: { anyOf: [...EVENT_TYPES.map(({ schema }) => ref(schema)), ref(eventSchema)] },
            examples: { example: { value: exampleEvent("com.convergint.device.status_changed.v1") } },
          },
          ...content(BATCH_MEDIA_TYPE, eventBatchSchema, { example: eventBatch }),
        },
      },
      responses: {
        200: {
          description: "The response to a batch.",
          content: content("application/json", batchAnswerSchema, { example: batchAnswer }),
        },
        ...stored,
        ...failures,
      },
    },
  },
};

/** Returns the webhook's name: `deviceStatusChanged` for `DeviceStatusChangedEvent`. */
const nameOf = (schema: z.ZodType): string => {
  const name = (schema.meta()?.id ?? "").replace(/Event$/, "");
  return `${name[0]?.toLowerCase()}${name.slice(1)}`;
};

const deliveries: readonly Delivery[] = [
  ...EVENT_TYPES.map(({ type, description, schema }) => ({
    name: nameOf(schema),
    summary: description.replace(/\.$/, ""),
    description: `\`${type}\``,
    mediaType: EVENT_MEDIA_TYPE,
    schema,
    example: exampleEvent(type),
    accepted: stored,
  })),
  {
    name: "event",
    summary: "An event of the vendor's own type",
    description: "A type of the vendor's catalogue that this contract does not define.",
    mediaType: EVENT_MEDIA_TYPE,
    schema: eventSchema,
    example: vendorsOwnEvent,
    accepted: stored,
  },
  {
    name: "eventBatch",
    summary: "Several events in one delivery",
    description: "Requires `batching` in the manifest. The consumer judges each event separately.",
    mediaType: BATCH_MEDIA_TYPE,
    schema: eventBatchSchema,
    example: eventBatch,
    accepted: {
      200: {
        description: "Stored, except for the events listed as refused. The vendor does not resend the batch.",
        content: content("application/json", batchAnswerSchema, { example: batchAnswer }),
      },
    },
  },
];

/** The deliveries that a vendor posts, with the responses of a consumer. */
export const webhooks = Object.fromEntries(deliveries.map((delivery) => [delivery.name, webhook(delivery)]));
