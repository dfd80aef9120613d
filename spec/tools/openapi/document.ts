import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { componentSchemas } from "../json-schemas.ts";
import { headers } from "./headers.ts";
import { parameters } from "./parameters.ts";
import { discoveryPaths } from "./paths/discovery.ts";
import { eventPaths } from "./paths/events.ts";
import { inventoryPaths } from "./paths/inventory.ts";
import { sandboxPaths } from "./paths/sandbox.ts";
import { webhookEndpointPaths } from "./paths/webhook-endpoints.ts";
import { responses } from "./responses.ts";
import { signatureHeaders, webhooks } from "./webhooks.ts";

const securitySchemes = {
  bearerKey: {
    type: "http",
    scheme: "bearer",
    description: "The API key the vendor issued to the consumer.",
  },
  oauth2: {
    type: "oauth2",
    description:
      "OAuth 2 client credentials (RFC 6749, section 4.4); the manifest names the vendor's token URL. The client's id and secret go by HTTP Basic, `grant_type=client_credentials` as a form.",
    flows: {
      clientCredentials: {
        tokenUrl: "https://auth.vendor.example/oauth/token",
        scopes: {
          "inventory:read": "Read orgs, sites, devices and events.",
          "webhooks:write": "Manage webhook endpoints.",
        },
      },
    },
  },
};

/** Everything that the document refers to by name. */
const components = {
  securitySchemes,
  schemas: componentSchemas(),
  parameters: { ...parameters, ...signatureHeaders },
  headers,
  responses,
};

const paths = {
  ...discoveryPaths,
  ...inventoryPaths,
  ...eventPaths,
  ...webhookEndpointPaths,
  ...sandboxPaths,
};

/** What stands at a path: its operations, and perhaps parameters of all of them. */
type PathItem = { readonly parameters?: readonly object[] } & Readonly<Record<string, object>>;

/** The operations of paths or webhooks, as the registry takes them. */
const routesOf = (items: Readonly<Record<string, object>>): RouteConfig[] =>
  Object.entries(items as Record<string, PathItem>).flatMap(
    ([path, { parameters: shared = [], ...operations }]) =>
      Object.entries(operations as Record<string, RouteConfig>).map(([method, operation]) => {
        const parameters = [...shared, ...(operation.parameters ?? [])];
        return { ...operation, method, path, ...(parameters.length > 0 && { parameters }) } as RouteConfig;
      }),
  );

/**
 * The OpenAPI 3.1 document of the contract; its components are made from the zod schemas.
 *
 * Schemas are registered as the JSON Schemas that zod itself makes: made by the generator, a component that is optional
 * somewhere may be `null` everywhere.
 *
 * @returns a plain object, in the order it is to be written
 */
export function openApiDocument() {
  const registry = new OpenAPIRegistry();
  for (const [kind, named] of Object.entries(components)) {
    for (const [name, component] of Object.entries(named)) {
      registry.registerComponent(kind as keyof typeof components, name, component as never);
    }
  }
  for (const route of routesOf(paths)) registry.registerPath(route);
  for (const route of routesOf(webhooks)) registry.registerWebhook(route);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Vendor cloud contract",
      version: "1.0.0",
      description:
        "What a vendor of security devices and Convergint speak, cloud to cloud. Generated from the zod schemas of @convergint/schemas. The prose specification, contract.md, is the normative text. Answers are compressed with gzip for a caller whose `Accept-Encoding` names it.",
      contact: { name: "Convergint", url: "https://www.convergint.com" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      { url: "https://api.vendor.example", description: "The vendor's base URL; each vendor has its own." },
    ],
    security: [{ bearerKey: [] }, { oauth2: [] }],
    tags: [
      { name: "Discovery", description: "What the vendor's cloud says of itself." },
      { name: "Inventory", description: "Orgs, sites and devices, polled by the consumer." },
      { name: "Events", description: "What the vendor posts, and what it posted before." },
      { name: "Webhook endpoints", description: "Where the vendor posts events. Optional." },
      {
        name: "Sandbox control",
        description: "Makes sandbox devices change, so that certification runs unattended. Optional.",
      },
    ],
  });
}
