import { z } from "zod";
import { authenticationSchema } from "./authentication.ts";
import {
  backfillCapabilitySchema,
  inventoryCapabilitiesSchema,
  sandboxCapabilitySchema,
  webhookCapabilitiesSchema,
} from "./capabilities.ts";
import { deliverySchema } from "./event-catalog.ts";
import { httpUrlSchema } from "./http-url.ts";
import { text } from "./text.ts";
import { deviceTypeSchema } from "./vocabulary.ts";

/** Where the manifest is served, below the vendor's base URL. */
export const MANIFEST_PATH = "/.well-known/vendor-cloud";

const declaredDeviceTypeSchema = z
  .looseObject({
    type: deviceTypeSchema,
    status_from: z
      .array(
        z
          .enum(["inventory", "events"], "Send inventory or events.")
          .meta({ description: "A place where the status can be learnt.", examples: ["inventory"] }),
      )
      .min(1)
      .meta({
        description: "Where this type's status can be learnt.",
        examples: [["inventory", "events"]],
      }),
  })
  .meta({ description: "One device type the inventory contains." });

const declaredEventTypeSchema = z
  .looseObject({
    type: text(1, 256).meta({
      description: "The event's type.",
      examples: ["com.convergint.device.status_changed.v1"],
    }),
    delivery: deliverySchema,
  })
  .meta({ description: "One event type the vendor publishes." });

/**
 * What a vendor's cloud says of itself. What it declares is what gets certified.
 * @see spec/1.0/contract.md#discovery
 */
export const manifestSchema = z
  .looseObject({
    contract_version: z
      .string()
      .regex(/^\d+\.\d+$/, "Send the contract version, such as 1.0.")
      .meta({
        description: "The version of this contract that is served, `major.minor`.",
        examples: ["1.0"],
        "x-requirement": "MAN-002",
      }),
    vendor: z
      .looseObject({
        id: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{0,127}$/, "Send a lower-case id, such as example-campus.")
          .meta({ description: "Short lower-case name for programs.", examples: ["example-campus"] }),
        name: text(1, 256).meta({ description: "Name for people.", examples: ["Example Campus"] }),
        support_url: httpUrlSchema
          .nullish()
          .meta({ description: "Where people get help.", examples: ["https://campus.example/support"] }),
        documentation_url: httpUrlSchema.nullish().meta({
          description: "The vendor's own documentation.",
          examples: ["https://docs.campus.example"],
        }),
      })
      .meta({ description: "Who the vendor is." }),
    api_base: httpUrlSchema.meta({
      description: "The URL that `/v1/…` is appended to.",
      examples: ["https://api.campus.example"],
    }),
    authentication: z
      .array(authenticationSchema)
      .min(1)
      .meta({
        description: "The ways to authenticate, any of which will do.",
        examples: [[{ scheme: "bearer" }]],
      }),
    inventory: inventoryCapabilitiesSchema.meta({ description: "What the inventory offers." }),
    backfill: backfillCapabilitySchema
      .nullish()
      .meta({ description: "Present where `GET /v1/events` is served." }),
    webhooks: webhookCapabilitiesSchema
      .nullish()
      .meta({ description: "Absent for a vendor that starts on polling alone." }),
    device_types: z
      .array(declaredDeviceTypeSchema)
      .min(1)
      .meta({
        description: "Every device type the inventory contains.",
        examples: [[{ type: "camera", status_from: ["inventory", "events"] }]],
        "x-requirement": "MAN-003",
      }),
    event_types: z.array(declaredEventTypeSchema).meta({
      description: "Empty for a vendor that starts on polling alone.",
      examples: [[{ type: "com.convergint.device.status_changed.v1", delivery: ["webhook"] }]],
    }),
    sandbox: sandboxCapabilitySchema.nullish().meta({ description: "Sandbox tenants only." }),
  })
  .meta({
    id: "Manifest",
    description: "What a vendor's cloud says of itself.",
    "x-requirement": "MAN-001",
  });
export type Manifest = z.infer<typeof manifestSchema>;
