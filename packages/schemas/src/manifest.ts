import { z } from "zod";
import {
  backfillCapabilitySchema,
  inventoryCapabilitiesSchema,
  sandboxCapabilitySchema,
  webhookCapabilitiesSchema,
} from "./capabilities.ts";
import { deliverySchema } from "./event-catalog.ts";
import { httpUrlSchema, text } from "./text.ts";
import { deviceTypeSchema } from "./vocabulary.ts";

const OAUTH2 = "oauth2_client_credentials";

/**
 * One way to authenticate a call. `scheme` is an open vocabulary and determines the other members;
 * a consumer picks a scheme that it supports.
 */
const authenticationSchema = z
  .looseObject({
    scheme: text(1, 64).meta({
      description: `How a call is authenticated: \`bearer\` (an API key), \`${OAUTH2}\` (RFC 6749, section 4.4), or another.`,
      examples: ["bearer"],
    }),
    token_url: httpUrlSchema.nullish().meta({
      description: `URL that issues access tokens; required with ${OAUTH2}.`,
      examples: ["https://auth.campus.example/oauth/token"],
    }),
    scopes: z
      .array(text(1, 256).meta({ description: "An OAuth 2 scope.", examples: ["inventory:read"] }))
      .nullish()
      .meta({ description: "The available OAuth 2 scopes.", examples: [["inventory:read"]] }),
  })
  .superRefine(({ scheme, token_url }, context) => {
    if (scheme !== OAUTH2 || typeof token_url === "string") return;
    context.addIssue({
      code: "custom",
      path: ["token_url"],
      message: `Send the URL that issues access tokens, because the scheme is ${OAUTH2}.`,
    });
  })
  .meta({
    description: "One way to authenticate a call.",
    if: { properties: { scheme: { const: OAUTH2 } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
    then: { properties: { token_url: { type: "string" } }, required: ["token_url"] },
  });

/** Path of the manifest, relative to the vendor's base URL. */
export const MANIFEST_PATH = "/.well-known/vendor-cloud";

const declaredDeviceTypeSchema = z
  .looseObject({
    type: deviceTypeSchema,
    status_from: z
      .array(
        z
          .enum(["inventory", "events"], "Send inventory or events.")
          .meta({ description: "A source of the status.", examples: ["inventory"] }),
      )
      .min(1)
      .meta({
        description: "The sources of the status of this device type.",
        examples: [["inventory", "events"]],
      }),
    connector: z
      .boolean()
      .nullish()
      .meta({
        description:
          "Whether devices of this type are connectors. Devices of type `video_gateway` and `gateway` always are.",
        examples: [true],
        "x-requirement": "DEV-008",
      }),
  })
  .meta({ description: "One device type that the inventory contains." });

const declaredEventTypeSchema = z
  .looseObject({
    type: text(1, 256).meta({
      description: "The event's type.",
      examples: ["com.convergint.device.status_changed.v1"],
    }),
    delivery: deliverySchema,
  })
  .meta({ description: "One event type that the vendor publishes." });

/**
 * The manifest of a vendor's cloud. Certification tests everything that the manifest declares.
 * @see spec/1.0/contract.md#discovery
 */
export const manifestSchema = z
  .looseObject({
    contract_version: z
      .string()
      .regex(/^\d+\.\d+$/, "Send the contract version, such as 1.0.")
      .meta({
        description: "The served version of this contract, `major.minor`.",
        examples: ["1.0"],
        "x-requirement": "MAN-002",
      }),
    vendor: z
      .looseObject({
        id: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{0,127}$/, "Send a lower-case id, such as example-campus.")
          .meta({ description: "Short lower-case id for programs.", examples: ["example-campus"] }),
        name: text(1, 256).meta({ description: "Display name.", examples: ["Example Campus"] }),
        support_url: httpUrlSchema
          .nullish()
          .meta({ description: "Support page for people.", examples: ["https://campus.example/support"] }),
        documentation_url: httpUrlSchema.nullish().meta({
          description: "The vendor's own documentation.",
          examples: ["https://docs.campus.example"],
        }),
      })
      .meta({ description: "The vendor." }),
    api_base: httpUrlSchema.meta({
      description: "The URL that `/v1/…` is appended to.",
      examples: ["https://api.campus.example"],
    }),
    authentication: z
      .array(authenticationSchema)
      .min(1)
      .meta({
        description: "The supported ways to authenticate; a caller uses any one of them.",
        examples: [[{ scheme: "bearer" }]],
      }),
    inventory: inventoryCapabilitiesSchema.meta({ description: "Features of the inventory." }),
    backfill: backfillCapabilitySchema
      .nullish()
      .meta({ description: "Present if the vendor serves `GET /v1/events`." }),
    webhooks: webhookCapabilitiesSchema
      .nullish()
      .meta({ description: "Absent for a vendor without webhooks." }),
    device_types: z
      .array(declaredDeviceTypeSchema)
      .min(1)
      .meta({
        description: "Every device type that the inventory contains.",
        examples: [[{ type: "camera", status_from: ["inventory", "events"] }]],
        "x-requirement": "MAN-003",
      }),
    event_types: z.array(declaredEventTypeSchema).meta({
      description: "Every event type that the vendor publishes; empty for a vendor without webhooks.",
      examples: [[{ type: "com.convergint.device.status_changed.v1", delivery: ["webhook"] }]],
    }),
    sandbox: sandboxCapabilitySchema.nullish().meta({ description: "Only for sandbox tenants." }),
  })
  .meta({
    id: "Manifest",
    description: "What a vendor's cloud offers.",
    "x-requirement": "MAN-001",
  });
export type Manifest = z.infer<typeof manifestSchema>;
