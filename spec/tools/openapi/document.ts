import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { componentSchemas, type JsonSchema } from "../json-schemas.ts";
import { parameters } from "./parameters.ts";
import { discoveryPaths, eventPaths, inventoryPaths, sandboxPaths, webhookEndpointPaths } from "./paths.ts";
import { headers, responses } from "./responses.ts";
import { webhooks } from "./webhooks.ts";

const securitySchemes = {
  bearerKey: {
    type: "http",
    scheme: "bearer",
    description:
      "The API key that the vendor issued to the consumer, or a token that the consumer signed (`signed_jwt` in the manifest).",
  },
  oauth2: {
    type: "oauth2",
    description:
      "OAuth 2 client credentials (RFC 6749, section 4.4). The manifest names the vendor's token URL. Send the client id and secret in HTTP Basic authentication. Send `grant_type=client_credentials` as a form field. The scopes below are examples: the manifest lists the vendor's own.",
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

/**
 * Returns the schemas of the document. `GET /v1/devices` answers with a `DevicePage` or, with `since`, with a
 * `DeviceChangePage`. No member tells the two apart, so generated clients read both kinds of page as one of the two.
 * Here, both are one page of one kind of object: a device that lacks its name and type if it was removed.
 */
function documentSchemas(): Record<string, JsonSchema> {
  const {
    DevicePage = {},
    DeviceChangePage: _,
    DeviceChange: __,
    Device = {},
    ...schemas
  } = componentSchemas();
  const { data, ...rest } = DevicePage["properties"] as Record<string, JsonSchema>;
  return {
    ...schemas,
    Device,
    DeviceListing: {
      ...DevicePage,
      description: "A page of devices. With `since`, also of tombstones.",
      properties: {
        data: {
          type: "array",
          description: data?.["description"],
          items: { $ref: "#/components/schemas/ListedDevice" },
        },
        ...rest,
      },
    },
    ListedDevice: {
      // Includes the rule that a removed device has the time of its removal.
      ...Device,
      description: "A device. With `since`, also the tombstone of a removed device.",
      required: ["device_id", "org_id", "site_id"],
      else: {
        properties: { name: { type: "string" }, type: { type: "string" } },
        required: ["name", "type"],
      },
    },
  };
}

/** All components that the document refers to by name. */
const components = {
  securitySchemes,
  schemas: documentSchemas(),
  parameters,
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

/** A path item: its operations, and parameters that all of them share. */
type PathItem = { readonly parameters?: readonly object[] } & Readonly<Record<string, object>>;

/** Returns the operations of paths in the form that the registry takes. */
const routesOf = (items: Readonly<Record<string, object>>): RouteConfig[] =>
  Object.entries(items as Record<string, PathItem>).flatMap(
    ([path, { parameters: shared = [], ...operations }]) =>
      Object.entries(operations as Record<string, RouteConfig>).map(([method, operation]) => {
        const parameters = [...shared, ...(operation.parameters ?? [])];
        return { ...operation, method, path, ...(parameters.length > 0 && { parameters }) } as RouteConfig;
      }),
  );

/**
 * Builds the OpenAPI 3.1 document of the contract, with components from the zod schemas.
 *
 * Registers the JSON Schemas that zod generates. With the schemas of the OpenAPI generator, a component that
 * is optional in one place could be `null` everywhere.
 *
 * @returns a plain object, with members in the order of the output
 */
export function buildOpenApiDocument() {
  const registry = new OpenAPIRegistry();
  for (const [kind, named] of Object.entries(components)) {
    for (const [name, component] of Object.entries(named)) {
      registry.registerComponent(kind as keyof typeof components, name, component as never);
    }
  }
  for (const route of routesOf(paths)) registry.registerPath(route);
  for (const [name, webhook] of Object.entries(webhooks)) {
    registry.registerComponent("pathItems" as "schemas", name, webhook as never);
  }
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Vendor cloud contract",
      version: "1.0.0",
      description:
        "The API between the cloud of a security device vendor and the cloud of Convergint. Generated from the zod schemas of @convergint/schemas. The prose specification, contract.md, is the normative text. If a caller's `Accept-Encoding` lists gzip, responses are compressed with gzip.",
      contact: { name: "Convergint", url: "https://www.convergint.com" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [
      { url: "https://api.vendor.example", description: "The vendor's base URL; each vendor has its own." },
    ],
    security: [{ bearerKey: [] }, { oauth2: [] }],
    tags: [
      { name: "Discovery", description: "What the vendor's cloud offers." },
      { name: "Inventory", description: "Orgs, sites and devices, polled by the consumer." },
      { name: "Events", description: "Past events." },
      { name: "Deliveries", description: "Events that the vendor posts to the consumer." },
      { name: "Webhook endpoints", description: "The destinations of events. Optional." },
      {
        name: "Sandbox control",
        description: "Changes sandbox devices, so that certification can run unattended. Optional.",
      },
    ],
  });
  // Writes each webhook as a reference, because the clients that openapi-generator writes for inline webhooks do not compile.
  const references = Object.keys(webhooks).map((name) => [name, { $ref: `#/components/pathItems/${name}` }]);
  return { ...document, webhooks: Object.fromEntries(references) };
}
