import {
  deviceChangePageSchema,
  devicePageSchema,
  deviceSchema,
  orgPageSchema,
  sitePageSchema,
} from "@convergint/schemas";
import { ref } from "../../json-schemas.ts";
import { camera, deviceChangePage, devicePage, orgPage, sitePage } from "../examples/inventory.ts";
import { withHeaders } from "../headers.ts";
import { using } from "../parameters.ts";
import { failures, json } from "../responses.ts";

/** The paths of orgs, sites and devices. */
export const inventoryPaths = {
  "/v1/orgs": {
    get: {
      operationId: "listOrgs",
      summary: "The orgs that this credential may see",
      description: "Every customer account that the credential was issued for.",
      tags: ["Inventory"],
      parameters: using("Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: json(orgPageSchema, "A page of orgs.", orgPage, "ETag"),
        ...failures("NotModified", "BadRequest", "Gone"),
      },
    },
  },
  "/v1/sites": {
    get: {
      operationId: "listSites",
      summary: "All sites, or the sites of one org",
      description: "Places with devices, including places that have no devices yet.",
      tags: ["Inventory"],
      parameters: using("OrgFilter", "Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: json(sitePageSchema, "A page of sites.", sitePage, "ETag"),
        ...failures("NotModified", "BadRequest", "NotFound", "Gone"),
      },
    },
  },
  "/v1/devices": {
    get: {
      operationId: "listDevices",
      summary: "All devices, the devices of one org or site, or only changes",
      description:
        "Without `since`, lists the complete inventory, each device with its latest known status. With `since`, lists the devices that were added, changed or removed after the listing that issued the token.",
      tags: ["Inventory"],
      parameters: using("OrgFilter", "SiteFilter", "Since", "Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: {
          description: "A page of devices; with `since`, a page of changes.",
          headers: withHeaders("ETag", "Deprecation", "Sunset"),
          content: {
            "application/json": {
              schema: { anyOf: [ref(devicePageSchema), ref(deviceChangePageSchema)] },
              examples: {
                inventory: { summary: "Without `since`", value: devicePage },
                changes: { summary: "With `since`", value: deviceChangePage },
              },
            },
          },
        },
        ...failures("NotModified", "BadRequest", "NotFound", "Gone"),
      },
    },
  },
  "/v1/devices/{device_id}": {
    get: {
      operationId: "getDevice",
      summary: "One device",
      description: "Returns the same device as the listing.",
      tags: ["Inventory"],
      parameters: using("DeviceId", "IfNoneMatch"),
      responses: {
        200: json(deviceSchema, "The device.", camera, "ETag"),
        ...failures("NotModified", "NotFound"),
      },
    },
  },
};
