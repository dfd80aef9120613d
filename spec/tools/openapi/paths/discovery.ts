import { eventCatalogSchema, MANIFEST_PATH, manifestSchema } from "@convergint/schemas";
import { eventCatalog, manifest } from "../examples/discovery.ts";
import { failures, json, shared } from "../responses.ts";

/** What the vendor's cloud says of itself. */
export const discoveryPaths = {
  [MANIFEST_PATH]: {
    get: {
      operationId: "getManifest",
      summary: "The manifest",
      description: "What this vendor's cloud offers. Needs no credential.",
      tags: ["Discovery"],
      security: [],
      responses: {
        200: json(manifestSchema, "What this vendor's cloud offers.", manifest),
        ...shared("NotFound", "TooManyRequests", "InternalError", "Unavailable"),
      },
    },
  },
  "/v1/event-catalog": {
    get: {
      operationId: "getEventCatalog",
      summary: "The event types this vendor can publish",
      description: "Exactly the event types of the manifest, with what each means.",
      tags: ["Discovery"],
      responses: { 200: json(eventCatalogSchema, "The catalogue.", eventCatalog), ...failures("NotFound") },
    },
  },
};
