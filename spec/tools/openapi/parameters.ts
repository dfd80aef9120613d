import {
  deviceIdSchema,
  orgIdSchema,
  siteIdSchema,
  systemIdSchema,
  timestampSchema,
} from "@convergint/schemas";
import { z } from "zod";
import { CAMERA_ID, ORG_ID, SITE_ID, SYSTEM_ID } from "./examples.ts";

/** Returns the constraints of a schema, but not its description, because the parameter has its own. */
function constraints(schema: z.ZodType): object {
  const { type, minLength, maxLength, pattern, format } = z.toJSONSchema(schema, { io: "input" });
  return Object.fromEntries(
    Object.entries({ type, minLength, maxLength, pattern, format }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

const parameter = (
  place: "query" | "header" | "path",
  name: string,
  description: string,
  schema: object,
  example: unknown,
) => ({ name, in: place, required: place === "path", description, schema, example });

/** The parameters of calls, by component name. */
export const parameters = {
  Limit: parameter(
    "query",
    "limit",
    "Maximum number of items per page. The vendor honours every limit up to the manifest's `max_page_size`.",
    { type: "integer", minimum: 1, default: 100 },
    500,
  ),
  Cursor: parameter(
    "query",
    "cursor",
    "The previous page's `next_cursor`. Repeat the filters of the first page with every cursor.",
    { type: "string", minLength: 1, maxLength: 2048 },
    "cur_Jx81",
  ),
  OrgFilter: parameter("query", "org_id", "Only items of this org.", constraints(orgIdSchema), ORG_ID),
  SiteFilter: parameter(
    "query",
    "site_id",
    "Only the devices of this site.",
    constraints(siteIdSchema),
    SITE_ID,
  ),
  SystemFilter: parameter(
    "query",
    "system_id",
    "Only the devices of this system. Requires `system_filter` in the manifest.",
    constraints(systemIdSchema),
    SYSTEM_ID,
  ),
  Since: parameter(
    "query",
    "since",
    "The `sync_token` of an earlier listing. Lists only what changed after that listing, with removed devices as tombstones. Requires `incremental_sync` in the manifest.",
    { type: "string", minLength: 1, maxLength: 2048 },
    "sync_7f31c0",
  ),
  After: parameter(
    "query",
    "after",
    "A moment by the vendor's clock, such as the `as_of` of an earlier listing. Only events published at or after this moment are listed. If absent, all events that the vendor keeps are listed.",
    constraints(timestampSchema),
    "2026-11-23T08:30:00Z",
  ),
  IfNoneMatch: parameter(
    "header",
    "If-None-Match",
    "The `ETag` of an earlier response to this call. If nothing has changed, the response is 304. Not allowed with a `cursor`.",
    { type: "string" },
    '"9f2c51"',
  ),
  DeviceId: parameter("path", "device_id", "The device.", constraints(deviceIdSchema), CAMERA_ID),
  EndpointId: parameter(
    "path",
    "endpoint_id",
    "The webhook endpoint.",
    { type: "string", minLength: 1, maxLength: 256 },
    "we_3k9d",
  ),
};

/** Returns parameters as references to their components. */
export const using = (...names: (keyof typeof parameters)[]) =>
  names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
