import { z } from "zod";
import { deviceChangeSchema, deviceSchema } from "./device.ts";
import { eventSchema } from "./event.ts";
import { orgSchema, siteSchema } from "./site.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

/** The snapshot of a listing; fixed by its first page and repeated on every other page. @see spec/1.0/contract.md#pagination */
export const snapshotSchema = z
  .looseObject({
    id: text(1, 256).meta({
      description: "Id of the snapshot, the same on every page of one listing.",
      examples: ["snap_8Zk2"],
    }),
    as_of: timestampSchema.meta({
      description: "The moment that the listing describes, by the vendor's clock.",
    }),
    total_count: z
      .int()
      .min(0)
      .nullish()
      .meta({ description: "Number of items in the whole listing, if known.", examples: [1204] }),
  })
  .meta({ id: "Snapshot", description: "The snapshot that one listing describes." });
export type Snapshot = z.infer<typeof snapshotSchema>;

const itemsOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item).meta({ description: "The items of this page, in the listing's order." });

const pageOf = <Data extends z.ZodType>(data: Data) =>
  z.looseObject({
    data,
    next_cursor: text(1, 2048, ", and null on the last page")
      .nullable()
      .meta({
        description: "Opaque cursor of the next page; null on the last page and only there.",
        examples: ["cur_Jx81", null],
      }),
    snapshot: snapshotSchema,
    sync_token: text(1, 2048)
      .nullish()
      .meta({
        description:
          "The value to send as `since` in the next listing. Only on the last page, if the vendor supports incremental sync.",
        examples: ["sync_7f31c0"],
      }),
  });

/**
 * A page of a listing. Only `next_cursor: null` marks the end; a short or empty page does not.
 *
 * @param item the schema of one entry of `data`
 * @see spec/1.0/contract.md#pagination
 */
export const pageSchema = <Item extends z.ZodType>(item: Item) => pageOf(itemsOf(item));

/** A page with any items, for readers that validate each item on its own. */
export const pageEnvelopeSchema = pageSchema(z.unknown());

const org = { org_id: "0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01", name: "Northfield University" };
const place = { org_id: org.org_id, site_id: "5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10" };
const device = { device_id: "c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77", ...place };

/** A page of orgs. */
export const orgPageSchema = pageOf(itemsOf(orgSchema).meta({ examples: [[org]] })).meta({
  id: "OrgPage",
  description: "A page of orgs.",
  "x-requirement": "PAGE-002",
});

/** A page of sites. */
export const sitePageSchema = pageOf(
  itemsOf(siteSchema).meta({ examples: [[{ ...place, name: "Science Hall" }]] }),
).meta({
  id: "SitePage",
  description: "A page of sites.",
  "x-requirement": "PAGE-002",
});

/** A page of devices. */
export const devicePageSchema = pageOf(
  itemsOf(deviceSchema).meta({
    examples: [[{ ...device, name: "North entrance, left", type: "camera", status: "online" }]],
  }),
).meta({
  id: "DevicePage",
  description: "A page of the full listing of devices.",
  "x-requirement": "PAGE-002",
});

/** A page of the changes since a sync token. @see spec/1.0/contract.md#incremental-sync */
export const deviceChangePageSchema = pageOf(
  itemsOf(deviceChangeSchema).meta({
    examples: [[{ ...device, lifecycle: "removed", removed_at: "2026-11-22T16:05:00Z" }]],
  }),
).meta({
  id: "DeviceChangePage",
  description: "A page of the devices that were added, changed or removed since a sync token.",
  "x-requirement": "PAGE-002",
});

/** A page of published events. @see spec/1.0/contract.md#backfill */
export const eventPageSchema = pageOf(
  itemsOf(eventSchema).meta({
    examples: [
      [
        {
          specversion: "1.0",
          id: "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z",
          source: `urn:example-campus:org:${org.org_id}`,
          type: "com.convergint.device.status_changed.v1",
          time: "2026-11-23T08:31:07.120Z",
          data: { ...device, status: "offline" },
        },
      ],
    ],
  }),
).meta({
  id: "EventPage",
  description: "A page of published events, in the order of publication.",
  "x-requirement": "PAGE-002",
});

/** A page of a listing, by the type of its items. */
export type Page<Item> = z.infer<ReturnType<typeof pageSchema<z.ZodType<Item>>>>;
