import { z } from "zod";
import { httpUrlSchema, text } from "./text.ts";

/** The features of the inventory. */
export const inventoryCapabilitiesSchema = z.looseObject({
  max_page_size: z
    .int()
    .min(500)
    .max(100_000)
    .meta({ description: "The largest supported `limit`; at least 500.", examples: [1000] }),
  incremental_sync: z
    .boolean()
    .meta({ description: "Whether listings end with a `sync_token` and accept `since`.", examples: [true] }),
  tombstone_days: z
    .int()
    .min(30)
    .nullish()
    .meta({
      description: "How many days the vendor keeps tombstones and sync tokens.",
      examples: [30],
      "x-requirement": "SYNC-004",
    }),
  conditional_requests: z
    .boolean()
    .meta({ description: "Whether the vendor supports `ETag` and `If-None-Match`.", examples: [true] }),
  system_filter: z
    .boolean()
    .nullish()
    .meta({
      description: "Whether `GET /v1/devices` accepts `system_id`. Absent means no.",
      examples: [true],
    }),
});

/** How long published events remain available. */
export const backfillCapabilitySchema = z.looseObject({
  depth_hours: z
    .int()
    .min(72)
    .meta({
      description: "How many hours the vendor keeps published events; at least 72.",
      examples: [72],
      "x-requirement": "EVT-024",
    }),
});

/** The features of the webhooks. */
export const webhookCapabilitiesSchema = z.looseObject({
  signature_schemes: z
    .array(text(1, 32).meta({ description: "A signature scheme.", examples: ["v1"] }))
    .min(1)
    .meta({ description: "`v1` (HMAC-SHA256), `v1a` (Ed25519).", examples: [["v1"]] }),
  public_keys: z
    .array(
      z
        .string()
        .regex(/^whpk_/, "Send whpk_ and the base64 of the key's bytes.")
        .meta({
          description: "A public key.",
          examples: ["whpk_zOZ1QY3RNmZBnJ0DhS7nHXoaWdUrQ9OGIY0nwHdYbZo="],
        }),
    )
    .nullish()
    .meta({
      description: "Current `v1a` public keys.",
      examples: [["whpk_zOZ1QY3RNmZBnJ0DhS7nHXoaWdUrQ9OGIY0nwHdYbZo="]],
    }),
  batching: z.boolean().meta({ description: "Whether deliveries may carry batches.", examples: [false] }),
  endpoint_management: z
    .boolean()
    .meta({ description: "Whether `/v1/webhook-endpoints` is served.", examples: [true] }),
  retry_schedule_seconds: z
    .array(
      z
        .int()
        .min(0)
        .meta({ description: "A wait in seconds.", examples: [60] }),
    )
    .min(1)
    .meta({
      description: "The nominal wait before each retry, in seconds, without jitter.",
      examples: [[5, 60, 600, 3600, 21_600, 86_400]],
    }),
  health_latency_seconds: z
    .number()
    .positive()
    .max(3600)
    .meta({
      description:
        "The maximum time, in seconds, between when the vendor's cloud learns of a status change and when the vendor posts it.",
      examples: [10],
    }),
});

/** The control features of a sandbox tenant. */
export const sandboxCapabilitySchema = z.looseObject({
  control_url: httpUrlSchema.meta({
    description: "Base URL of the sandbox control commands.",
    examples: ["https://api.campus.example/sandbox"],
  }),
  commands: z
    .array(
      text(1, 64).meta({
        description: "One of status, events, add_device, move_device, remove_device, or another.",
        examples: ["status"],
      }),
    )
    .nullish()
    .meta({
      description: "All supported commands. Absent means status and events.",
      examples: [["status", "events", "add_device", "move_device", "remove_device"]],
    }),
});
