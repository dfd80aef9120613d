import { OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import {
  deviceHeartbeatEventSchema,
  deviceStatusChangedEventSchema,
  eventSchema,
  problemSchema,
} from "@convergint/schemas";
import { registerPaths } from "./paths.ts";
import { registerWebhooks } from "./webhooks.ts";

/** The schemas that stand in the published set although no path or webhook names them directly. */
const alsoPublished = [
  eventSchema,
  deviceStatusChangedEventSchema,
  deviceHeartbeatEventSchema,
  problemSchema,
];

/**
 * The OpenAPI 3.1 document of the contract, made from the zod schemas.
 *
 * @returns a plain object, in the order it is to be written
 */
export function openApiDocument() {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent("securitySchemes", "bearerKey", {
    type: "http",
    scheme: "bearer",
    description: "The API key the vendor issued to the consumer.",
  });
  const oauth2 = registry.registerComponent("securitySchemes", "oauth2", {
    type: "oauth2",
    description: "OAuth 2 client credentials; the manifest names the vendor's token URL.",
    flows: {
      clientCredentials: {
        tokenUrl: "https://auth.vendor.example/oauth/token",
        scopes: {
          "inventory:read": "Read orgs, sites and devices.",
          "webhooks:write": "Manage webhook endpoints.",
        },
      },
    },
  });
  registerPaths(registry);
  registerWebhooks(registry);
  const schemas = alsoPublished.map((schema) => ({ type: "schema" as const, schema }));
  return new OpenApiGeneratorV31([...registry.definitions, ...schemas], {
    sortComponents: "alphabetically",
  }).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Vendor cloud contract",
      version: "1.0.0",
      description:
        "Generated from the zod schemas of @convergint/schemas. The prose specification, contract.md, is the normative text.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      { url: "https://api.vendor.example", description: "The vendor's base URL; each vendor has its own." },
    ],
    tags: [
      { name: "Discovery", description: "What the vendor's cloud says of itself." },
      { name: "Inventory", description: "Orgs, sites and devices, polled by the consumer." },
      { name: "Webhook endpoints", description: "Where the vendor posts events. Optional." },
      {
        name: "Sandbox control",
        description: "Makes sandbox devices change, so that certification runs unattended. Optional.",
      },
      { name: "Events", description: "The webhooks the vendor sends." },
    ],
    security: [{ [bearer.name]: [] }, { [oauth2.name]: [] }],
  });
}
