import { z } from "zod";
import { deviceTypeSchema } from "./vocabulary.ts";

/** Where the manifest is served, below the vendor's base URL. */
export const MANIFEST_PATH = "/.well-known/vendor-cloud";

const httpUrl = z.url({ protocol: /^https?$/ });

const authenticationSchema = z.discriminatedUnion("scheme", [
  z.looseObject({ scheme: z.literal("bearer") }).describe("`Authorization: Bearer <API key>`."),
  z
    .looseObject({
      scheme: z.literal("oauth2_client_credentials"),
      token_url: httpUrl,
      scopes: z.array(z.string()).nullish(),
    })
    .describe("OAuth 2 client credentials (RFC 6749, section 4.4)."),
]);

const inventoryCapabilitiesSchema = z.looseObject({
  max_page_size: z.int().min(500).max(100_000).describe("The largest `limit` honoured; at least 500."),
  incremental_sync: z.boolean().describe("Whether listings end in a `sync_token` and accept `since`."),
  conditional_requests: z.boolean().describe("Whether `ETag` and `If-None-Match` work."),
});

const webhookCapabilitiesSchema = z.looseObject({
  signature_schemes: z.array(z.string().min(1)).min(1).describe("`v1` (HMAC-SHA256), `v1a` (Ed25519)."),
  public_keys: z.array(z.string().startsWith("whpk_")).nullish().describe("Current `v1a` public keys."),
  batching: z.boolean().describe("Whether deliveries may carry batches."),
  endpoint_management: z.boolean().describe("Whether `/v1/webhook-endpoints` is served."),
  retry_schedule_seconds: z
    .array(z.int().min(0))
    .min(1)
    .describe("Nominal waits before each retry, in seconds, before jitter."),
  health_latency_seconds: z
    .number()
    .positive()
    .max(3600)
    .describe("A status change is posted within this many seconds of the vendor's cloud knowing it."),
});

const declaredDeviceTypeSchema = z.looseObject({
  type: deviceTypeSchema,
  status_from: z
    .array(z.enum(["inventory", "events"]))
    .min(1)
    .describe("Where this type's status can be learnt."),
});

const declaredEventTypeSchema = z.looseObject({
  type: z.string().min(1).max(256),
  delivery: z.array(z.enum(["webhook", "backfill"])).min(1),
});

/**
 * What a vendor's cloud says of itself. What it declares is what gets certified.
 * @see spec/1.0/contract.md#discovery
 */
export const manifestSchema = z
  .looseObject({
    contract_version: z.string().regex(/^\d+\.\d+$/, "Send the contract version, such as 1.0."),
    vendor: z.looseObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,127}$/, "Send a lower-case id, such as example-campus."),
      name: z.string().min(1).max(256),
    }),
    api_base: httpUrl.describe("The URL that `/v1/…` is appended to."),
    authentication: z.array(authenticationSchema).min(1),
    inventory: inventoryCapabilitiesSchema,
    webhooks: webhookCapabilitiesSchema
      .nullish()
      .describe("Absent for a vendor that starts on polling alone."),
    device_types: z.array(declaredDeviceTypeSchema).min(1),
    event_types: z
      .array(declaredEventTypeSchema)
      .describe("Empty for a vendor that starts on polling alone."),
    sandbox: z
      .looseObject({ control_url: httpUrl.describe("Where sandbox control commands are posted.") })
      .nullish()
      .describe("Sandbox tenants only."),
  })
  .meta({ id: "Manifest", description: "What a vendor's cloud says of itself." });
export type Manifest = z.infer<typeof manifestSchema>;
