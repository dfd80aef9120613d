import { z } from "zod";
import {
  backfillCapabilitySchema,
  inventoryCapabilitiesSchema,
  sandboxCapabilitySchema,
  webhookCapabilitiesSchema,
} from "./capabilities.ts";
import { deliverySchema } from "./event-catalog.ts";
import { ipRangeSchema } from "./network-address.ts";
import { httpUrlSchema, text } from "./text.ts";
import { deviceTypeSchema } from "./vocabulary.ts";

const OAUTH2 = "oauth2_client_credentials";
const SIGNED_JWT = "signed_jwt";
const REQUIRED_ALGORITHM = "RS256";

/** The members that a scheme requires in addition to `scheme`, each with what to send. */
const REQUIRED = {
  [OAUTH2]: { token_url: "the URL that issues access tokens" },
  [SIGNED_JWT]: {
    algorithms: "the algorithms of the tokens, such as RS256",
    issuer: "the `iss` of the tokens",
  },
} as const;

const isRequiredBy = (scheme: string): scheme is keyof typeof REQUIRED => Object.hasOwn(REQUIRED, scheme);

/**
 * One way to authenticate a call. `scheme` is an open vocabulary and determines the other members;
 * a consumer picks a scheme that it supports.
 */
const authenticationSchema = z
  .looseObject({
    scheme: text(1, 64).meta({
      description: `How a call is authenticated: \`bearer\` (an API key), \`${OAUTH2}\` (RFC 6749, section 4.4), \`${SIGNED_JWT}\` (a token that the caller signs), or another.`,
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
    token_endpoint_auth_methods: z
      .array(text(1, 64).meta({ description: "A method.", examples: ["private_key_jwt"] }))
      .min(1)
      .nullish()
      .meta({
        description: `How a caller authenticates at \`token_url\`: \`client_secret_basic\`, \`private_key_jwt\` (RFC 7523). Only with ${OAUTH2}; absent means \`client_secret_basic\`.`,
        examples: [["client_secret_basic", "private_key_jwt"]],
      }),
    algorithms: z
      .array(
        z
          .string()
          .regex(
            /^(?:RS|PS|ES|Ed)[A-Za-z0-9]{2,14}$/,
            "Send an algorithm with a public key, such as RS256, ES256 or EdDSA.",
          )
          .meta({ description: "A signature algorithm (RFC 7518).", examples: ["RS256"] }),
      )
      .min(1)
      .nullish()
      .meta({
        description: `The accepted signature algorithms, ${REQUIRED_ALGORITHM} among them; required with ${SIGNED_JWT}.`,
        examples: [["RS256", "ES256", "EdDSA"]],
      }),
    issuer: text(1, 256)
      .nullish()
      .meta({
        description: `The \`iss\` of the consumer's tokens; required with ${SIGNED_JWT}.`,
        examples: ["convergint"],
      }),
    audience: text(1, 2048)
      .nullish()
      .meta({
        description: `The \`aud\` of the consumer's tokens. Absent: a token needs no \`aud\`. Only with ${SIGNED_JWT}.`,
        examples: ["https://api.campus.example"],
      }),
    max_lifetime_seconds: z
      .int()
      .min(60)
      .max(3600)
      .nullish()
      .meta({
        description: `The longest accepted \`exp - iat\` of a token. Default 3600. Only with ${SIGNED_JWT}.`,
        examples: [3600],
      }),
  })
  .superRefine((entry, context) => {
    const { scheme, algorithms } = entry;
    if (!isRequiredBy(scheme)) return;
    for (const [member, what] of Object.entries(REQUIRED[scheme])) {
      if (entry[member] !== undefined && entry[member] !== null) continue;
      const message = `Send ${what}, because the scheme is ${scheme}.`;
      context.addIssue({ code: "custom", path: [member], message });
    }
    if (scheme !== SIGNED_JWT || !Array.isArray(algorithms)) return;
    if (algorithms.includes(REQUIRED_ALGORITHM)) return;
    const message = `Send ${REQUIRED_ALGORITHM} too: every consumer can sign with it.`;
    context.addIssue({ code: "custom", path: ["algorithms"], message });
  })
  .meta({
    description: "One way to authenticate a call.",
    if: { properties: { scheme: { const: OAUTH2 } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
    then: { properties: { token_url: { type: "string" } }, required: ["token_url"] },
    else: {
      if: { properties: { scheme: { const: SIGNED_JWT } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
      then: {
        properties: {
          algorithms: { type: "array", items: { type: "string" }, contains: { const: REQUIRED_ALGORITHM } },
          issuer: { type: "string" },
        },
        required: ["algorithms", "issuer"],
      },
    },
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
          .meta({ description: "The vendor's support page.", examples: ["https://campus.example/support"] }),
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
    egress_ip_ranges: z
      .array(ipRangeSchema)
      .min(1, "List at least one range, or omit this member.")
      .nullish()
      .meta({
        description: "The addresses that the vendor posts webhooks from, for firewalls.",
        examples: [["192.0.2.0/24", "2001:db8:40::/48"]],
      }),
    sandbox: sandboxCapabilitySchema.nullish().meta({ description: "Only for sandbox tenants." }),
  })
  .meta({
    id: "Manifest",
    description: "What a vendor's cloud offers.",
    "x-requirement": "MAN-001",
  });
export type Manifest = z.infer<typeof manifestSchema>;
