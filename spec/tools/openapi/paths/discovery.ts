import { eventCatalogSchema, MANIFEST_PATH, manifestSchema } from "@convergint/schemas";
import { eventCatalog, manifest } from "../examples/discovery.ts";
import { failures, json, shared } from "../responses.ts";

/** The paths that describe the vendor's cloud. */
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
      summary: "The event types that this vendor can publish",
      description: "Lists exactly the event types of the manifest, and says what each type means.",
      tags: ["Discovery"],
      responses: { 200: json(eventCatalogSchema, "The catalogue.", eventCatalog), ...failures("NotFound") },
    },
  },
};
