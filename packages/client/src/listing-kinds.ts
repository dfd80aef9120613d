import {
  type Device,
  type DeviceChange,
  deviceChangePageSchema,
  deviceChangeSchema,
  devicePageSchema,
  deviceSchema,
  type Event,
  eventPageSchema,
  eventSchema,
  type Org,
  orgPageSchema,
  orgSchema,
  type Page,
  type parseTolerantly,
  type Site,
  sitePageSchema,
  siteSchema,
} from "@convergint/schemas";
import type { Schema } from "./answer.ts";
import type { ApiCall } from "./connection.ts";

/** Filter of sites. */
export interface SiteFilter {
  readonly org_id?: string;
}

/** Filter of devices. */
export interface DeviceFilter {
  readonly org_id?: string;
  readonly site_id?: string;
  /**
   * Only the devices of this system. The listing ends with `not_offered` if the manifest does not declare
   * `inventory.system_filter`: such a vendor would ignore the filter and list every device.
   */
  readonly system_id?: string;
  /** Maximum number of items per page. Default: the vendor's default (100). */
  readonly limit?: number;
}

/** Filter of changes: the token, and the same filters as in the listing that issued the token. */
export interface DeviceChangeFilter extends DeviceFilter {
  /** The `sync_token` of an earlier listing's last page. */
  readonly since: string;
}

/** Filter of events. */
export interface EventFilter {
  readonly org_id?: string;
  /**
   * Only events published at or after this moment by the vendor's clock, such as the `as_of` of an earlier listing.
   * Default: all events that the vendor keeps.
   */
  readonly after?: string;
  /** Maximum number of items per page. Default: the vendor's default (100). */
  readonly limit?: number;
}

type Members = Readonly<Record<string, unknown>>;

/** One kind of listing: how to request and read it. */
export interface ListingKind<Filter, Item> {
  /** Name of the items, for messages. */
  readonly what: string;
  readonly schema: Schema<Page<Item>>;
  /** Name of one item, in reports of faults. */
  readonly record: "org" | "site" | "device" | "event";
  readonly itemSchema: Parameters<typeof parseTolerantly<Item>>[1];
  /** The member with the item's id. */
  readonly idMember: string;
  /**
   * Values for required members that neither identify nor locate an item. A tolerant listing uses them where the
   * vendor's own are invalid.
   *
   * @param item as sent
   * @param asOf the time of the listing
   */
  readonly instead: (item: Members, asOf: string) => Members;
  readonly idOf: (item: Item) => string;
  /** Requests the page at a cursor; `undefined` requests the first page. */
  readonly pageAt: (filter: Filter, cursor: string | undefined) => ApiCall;
}

/** Removes undefined parameters. */
function given<Parameters extends object>(parameters: Parameters) {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Parameters]?: Exclude<Parameters[Name], undefined>;
  };
}

export const ORGS: ListingKind<object, Org> = {
  what: "orgs",
  schema: orgPageSchema,
  record: "org",
  itemSchema: orgSchema,
  idMember: "org_id",
  instead: ({ org_id: name }) => ({ name }),
  idOf: ({ org_id }) => org_id,
  pageAt: (_, cursor) => (api, init) =>
    api.GET("/v1/orgs", { ...init, params: { query: given({ cursor }) } }),
};

export const SITES: ListingKind<SiteFilter, Site> = {
  what: "sites",
  schema: sitePageSchema,
  record: "site",
  itemSchema: siteSchema,
  idMember: "site_id",
  instead: ({ site_id: name }) => ({ name }),
  idOf: ({ site_id }) => site_id,
  pageAt:
    ({ org_id }, cursor) =>
    (api, init) =>
      api.GET("/v1/sites", { ...init, params: { query: given({ org_id, cursor }) } }),
};

/** A removed device without a valid `removed_at` was removed by the time of the listing. */
function insteadOfDevice({ device_id, name, type, lifecycle }: Members, removed_at: string): Members {
  // The item may be a tombstone with a misspelt lifecycle. It gets no name, because with a name it would count as a
  // device that exists.
  const mayBeTombstone = name === undefined && type === undefined && typeof lifecycle === "string";
  const isPresent = !mayBeTombstone || lifecycle === "provisioning" || lifecycle === "active";
  return { removed_at, ...(isPresent && { name: device_id, type: "other" }) };
}

export const DEVICES: ListingKind<DeviceFilter, Device> = {
  what: "devices",
  schema: devicePageSchema,
  record: "device",
  itemSchema: deviceSchema,
  idMember: "device_id",
  instead: insteadOfDevice,
  idOf: ({ device_id }) => device_id,
  pageAt:
    ({ org_id, site_id, system_id, limit }, cursor) =>
    (api, init) =>
      api.GET("/v1/devices", {
        ...init,
        params: { query: given({ org_id, site_id, system_id, limit, cursor }) },
      }),
};

export const DEVICE_CHANGES: ListingKind<DeviceChangeFilter, DeviceChange> = {
  what: "changed devices",
  schema: deviceChangePageSchema,
  record: "device",
  itemSchema: deviceChangeSchema,
  idMember: "device_id",
  instead: insteadOfDevice,
  idOf: ({ device_id }) => device_id,
  pageAt:
    ({ org_id, site_id, system_id, limit, since }, cursor) =>
    (api, init) =>
      api.GET("/v1/devices", {
        ...init,
        params: { query: given({ org_id, site_id, system_id, since, limit, cursor }) },
      }),
};

export const EVENTS: ListingKind<EventFilter, Event> = {
  what: "events",
  schema: eventPageSchema,
  record: "event",
  itemSchema: eventSchema,
  idMember: "id",
  instead: () => ({}),
  // An event is identified by its id together with its source.
  idOf: ({ source, id }) => `${id} of ${source}`,
  pageAt:
    ({ org_id, after, limit }, cursor) =>
    (api, init) =>
      api.GET("/v1/events", { ...init, params: { query: given({ org_id, after, limit, cursor }) } }),
};
