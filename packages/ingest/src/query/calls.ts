import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import { z } from "zod";
import { selectCustomers } from "../access/tokens.ts";
import { type Call, call, flagSchema } from "../api/call.ts";
import type { Change } from "../domain/change.ts";
import { ProblemError } from "../problem.ts";
import type { StoredEvent } from "../store/event-store.ts";
import type { Store } from "../store/store.ts";

const cursorSchema = z.tuple([z.string(), z.string()]);

/** The position from which a listing of devices continues. */
interface DeviceCursor {
  readonly integrationId: string;
  readonly deviceId: string;
}

/** Serializes a cursor. */
const formatCursor = (integrationId: string, deviceId: string): string =>
  Buffer.from(JSON.stringify([integrationId, deviceId])).toString("base64url");

/** Parses a cursor. @throws {ProblemError} `invalid_cursor` */
function parseCursor(cursor: string): DeviceCursor {
  try {
    const [integrationId, deviceId] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")),
    );
    return { integrationId, deviceId };
  } catch {
    throw new ProblemError(
      400,
      "invalid_cursor",
      "Invalid cursor: this server did not issue it. Start the listing again without a cursor.",
    );
  }
}

const limit = z.coerce.number().int().min(1).max(1000).default(100);

const deviceViewSchema = z
  .object({
    integration_id: z.string(),
    device_id: z.string(),
    org_id: z.string(),
    site_id: z.string(),
    site_name: z.string().nullable(),
    customer_id: z
      .string()
      .nullable()
      .meta({ description: "`null` while the device's org and site are not bound." }),
    customer_site_id: z.string().nullable(),
    name: z.string().nullable(),
    type: z.enum(DEVICE_TYPES).nullable(),
    vendor_type: z.string().nullable(),
    system_id: z.string().nullable().meta({
      description: "The vendor's system that the device belongs to, if the vendor has several systems.",
    }),
    system_name: z.string().nullable(),
    status: deviceStatusSchema.nullable(),
    vendor_status: z.string().nullable(),
    status_reason: z.string().nullable(),
    status_observed_at: z.string().nullable(),
    status_known_by: z.enum(["event", "snapshot"]).nullable(),
    last_seen_at: z.string().nullable(),
    lifecycle: z.string(),
  })
  .meta({ id: "DeviceView" });

const statusChangeSchema = z
  .object({
    sequence: z.int(),
    changed_at: z.iso.datetime().meta({ description: "When the server learned of the change." }),
    status: deviceStatusSchema,
    previous_status: deviceStatusSchema.nullable(),
    vendor_status: z.string().nullable(),
    reason: z.string().nullable(),
    observed_at: z.string(),
    known_by: z.enum(["event", "snapshot"]),
    last_seen_at: z.string().nullable(),
  })
  .meta({ id: "StatusChange" });

const refusedSchema = z
  .object({
    sequence: z.int(),
    integration_id: z.string(),
    received_at: z.iso.datetime(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    diagnosis: z
      .string()
      .nullable()
      .meta({ description: "What is wrong with the signature, and which line of code to change." }),
    signed: z.boolean(),
    body: z.string().meta({ description: "The first 4096 characters of the body." }),
  })
  .meta({ id: "RefusedDelivery" });

/**
 * Serializes a stored event with the text that was signed. Parsing and re-serializing that text would round
 * its numbers.
 */
const serializeEvent = ({ body, sequence, integrationId, customerId, receivedAt }: StoredEvent): string => {
  const row = { sequence, integration_id: integrationId, customer_id: customerId, received_at: receivedAt };
  return `${JSON.stringify(row).slice(0, -1)},"event":${body}}`;
};

const toStatusChange = ({ sequence, changed_at, data }: Change) => ({
  sequence,
  changed_at,
  ...(JSON.parse(data) as object),
});

const deviceParams = z.object({ integration_id: z.string(), device_id: z.string() });
const UNKNOWN_DEVICE = {
  unknown_device: {
    status: 404,
    description: "Unknown device: no event or inventory of this integration mentions it.",
  },
} as const;

/** Defines the calls that read devices, events and refused deliveries. */
export const queryCalls = (store: Store): readonly Call[] => [
  call({
    method: "GET",
    path: "/devices",
    operationId: "listDevices",
    summary: "List devices with their latest status.",
    role: "read",
    forCustomers: true,
    query: z.object({
      integration_id: z.string().optional(),
      customer_id: z.string().optional(),
      customer_site_id: z.string().optional(),
      site_id: z.string().optional().meta({ description: "The vendor's site." }),
      system_id: z.string().optional().meta({ description: "The vendor's system." }),
      status: deviceStatusSchema.optional(),
      type: z.enum(DEVICE_TYPES).optional(),
      bound: flagSchema
        .optional()
        .meta({ description: "`true` lists only bound devices. `false` lists only quarantined devices." }),
      with_removed: flagSchema.prefault("false"),
      limit,
      cursor: z.string().optional(),
    }),
    answer: {
      status: 200,
      description: "A page. To continue, send `next_cursor` as `cursor`, until `next_cursor` is `null`.",
      schema: z.object({ data: z.array(deviceViewSchema), next_cursor: z.string().nullable() }),
    },
    problems: { invalid_cursor: { status: 400, description: "The cursor was not issued by this server." } },
    async handle({ query, access }) {
      const found = await store.devices.list({
        integrationId: query.integration_id ?? null,
        customerIds: selectCustomers(access, query.customer_id),
        customerSiteId: query.customer_site_id ?? null,
        siteId: query.site_id ?? null,
        systemId: query.system_id ?? null,
        status: query.status ?? null,
        type: query.type ?? null,
        bound: query.bound ?? null,
        withRemoved: query.with_removed,
        after: query.cursor === undefined ? null : parseCursor(query.cursor),
        // One extra row shows whether there is a next page.
        limit: query.limit + 1,
      });
      const data = found.slice(0, query.limit);
      const last = data.at(-1);
      const more = found.length > query.limit && last;
      return { data, next_cursor: more ? formatCursor(last.integration_id, last.device_id) : null };
    },
  }),
  call({
    method: "GET",
    path: "/integrations/{integration_id}/devices/{device_id}",
    operationId: "getDevice",
    summary: "Get one device.",
    role: "read",
    forCustomers: true,
    params: deviceParams,
    query: z.object({
      customer_id: z.string().optional().meta({
        description: "Answers 404 unless the device belongs to this customer.",
      }),
    }),
    answer: { status: 200, description: "The device.", schema: deviceViewSchema },
    problems: UNKNOWN_DEVICE,
    async handle({ params, query, access }) {
      const customerIds = selectCustomers(access, query.customer_id);
      const device = await store.devices.get(params.integration_id, params.device_id);
      // Another customer's device gets the same answer as a device that does not exist.
      const isSeen = customerIds === null || customerIds.includes(device?.customer_id ?? "");
      if (device && isSeen) return device;
      throw new ProblemError(
        404,
        "unknown_device",
        "Unknown device: no event or inventory of this integration mentions it.",
      );
    },
  }),
  call({
    method: "GET",
    path: "/integrations/{integration_id}/devices/{device_id}/history",
    operationId: "getDeviceHistory",
    summary: "List a device's status changes, newest first.",
    role: "read",
    forCustomers: true,
    params: deviceParams,
    query: z.object({
      before: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .meta({ description: "Only changes whose `sequence` is smaller than this number." }),
      limit,
    }),
    answer: {
      status: 200,
      description: "The changes.",
      schema: z.object({ data: z.array(statusChangeSchema) }),
    },
    async handle({ params, query, access }) {
      const changes = await store.changes.history({
        integrationId: params.integration_id,
        deviceId: params.device_id,
        customerIds: access.customerIds,
        before: query.before ?? null,
        limit: query.limit,
      });
      return { data: changes.map(toStatusChange) };
    },
  }),
  call({
    method: "GET",
    path: "/events",
    operationId: "listEvents",
    summary:
      "List events exactly as signed, in order of arrival. To continue, set `after` to the last `sequence`.",
    role: "read",
    forCustomers: true,
    query: z.object({
      integration_id: z.string().optional(),
      customer_id: z.string().optional(),
      quarantined: flagSchema
        .prefault("false")
        .meta({ description: "`true`: only events of orgs and sites that are not bound." }),
      after: z.coerce.number().int().min(0).default(0),
      limit,
    }),
    answer: {
      status: 200,
      description: "The events.",
      schema: z.object({
        data: z.array(
          z
            .object({
              sequence: z.int(),
              integration_id: z.string(),
              customer_id: z.string().nullable(),
              received_at: z.iso.datetime(),
              event: z.looseObject({}),
            })
            .meta({ id: "StoredEvent" }),
        ),
      }),
    },
    async handle({ query, access, reply }) {
      const events = await store.events.list({
        integrationId: query.integration_id ?? null,
        customerIds: selectCustomers(access, query.customer_id),
        quarantined: query.quarantined,
        after: query.after,
        limit: query.limit,
      });
      return reply
        .type("application/json; charset=utf-8")
        .send(`{"data":[${events.map(serializeEvent).join(",")}]}`);
    },
  }),
  call({
    method: "GET",
    path: "/refused-deliveries",
    operationId: "listRefusedDeliveries",
    summary:
      "List refused deliveries, newest first, each with the reason. Also lists deliveries that were accepted without invalid members (`invalid_member`), and one of each kind of event that a profile does not map (`unmapped_event`).",
    role: "read",
    query: z.object({ integration_id: z.string().optional(), limit }),
    answer: {
      status: 200,
      description: "The deliveries.",
      schema: z.object({ data: z.array(refusedSchema) }),
    },
    async handle({ query }) {
      const refused = await store.refused.list(query.integration_id ?? null, query.limit);
      return {
        data: refused.map(({ integrationId, receivedAt, ...rest }) => ({
          ...rest,
          integration_id: integrationId,
          received_at: receivedAt,
        })),
      };
    },
  }),
];
