import {
  type Device,
  type DeviceChange,
  deviceChangePageSchema,
  devicePageSchema,
  type Event,
  eventPageSchema,
  type Org,
  orgPageSchema,
  type Page,
  type Site,
  sitePageSchema,
} from "@convergint/schemas";
import type { Schema } from "./answer.ts";
import type { ApiCall } from "./connection.ts";

/** What sites to list. */
export interface SiteFilter {
  readonly org_id?: string;
}

/** What devices to list. */
export interface DeviceFilter {
  readonly org_id?: string;
  readonly site_id?: string;
  /** At most this many a page; the vendor's default (100) where left out. */
  readonly limit?: number;
}

/** Since when changes are listed, with the filter of the listing that the token came from. */
export interface DeviceChangeFilter extends DeviceFilter {
  /** The `sync_token` of an earlier listing's last page. */
  readonly since: string;
}

/** What events to list. */
export interface EventFilter {
  readonly org_id?: string;
  /**
   * Those published at or after this moment by the vendor's clock, such as the `as_of` of an earlier listing; all
   * that are kept where left out.
   */
  readonly after?: string;
  /** At most this many a page; the vendor's default (100) where left out. */
  readonly limit?: number;
}

/** One kind of listing: how it is asked for and read. */
export interface ListingKind<Filter, Item> {
  /** What is listed, for messages. */
  readonly what: string;
  readonly schema: Schema<Page<Item>>;
  readonly idOf: (item: Item) => string;
  /** The call for the page at a cursor; for the first where it is `undefined`. */
  readonly pageAt: (filter: Filter, cursor: string | undefined) => ApiCall;
}

/** Parameters without those that are left out. */
function given<Parameters extends object>(parameters: Parameters) {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Parameters]?: Exclude<Parameters[Name], undefined>;
  };
}

export const ORGS: ListingKind<object, Org> = {
  what: "orgs",
  schema: orgPageSchema,
  idOf: ({ org_id }) => org_id,
  pageAt: (_, cursor) => (api, init) =>
    api.GET("/v1/orgs", { ...init, params: { query: given({ cursor }) } }),
};

export const SITES: ListingKind<SiteFilter, Site> = {
  what: "sites",
  schema: sitePageSchema,
  idOf: ({ site_id }) => site_id,
  pageAt:
    ({ org_id }, cursor) =>
    (api, init) =>
      api.GET("/v1/sites", { ...init, params: { query: given({ org_id, cursor }) } }),
};

export const DEVICES: ListingKind<DeviceFilter, Device> = {
  what: "devices",
  schema: devicePageSchema,
  idOf: ({ device_id }) => device_id,
  pageAt:
    ({ org_id, site_id, limit }, cursor) =>
    (api, init) =>
      api.GET("/v1/devices", { ...init, params: { query: given({ org_id, site_id, limit, cursor }) } }),
};

export const DEVICE_CHANGES: ListingKind<DeviceChangeFilter, DeviceChange> = {
  what: "changed devices",
  schema: deviceChangePageSchema,
  idOf: ({ device_id }) => device_id,
  pageAt:
    ({ org_id, site_id, limit, since }, cursor) =>
    (api, init) =>
      api.GET("/v1/devices", {
        ...init,
        params: { query: given({ org_id, site_id, since, limit, cursor }) },
      }),
};

export const EVENTS: ListingKind<EventFilter, Event> = {
  what: "events",
  schema: eventPageSchema,
  // What makes an event the same is its id together with its source.
  idOf: ({ source, id }) => `${id} of ${source}`,
  pageAt:
    ({ org_id, after, limit }, cursor) =>
    (api, init) =>
      api.GET("/v1/events", { ...init, params: { query: given({ org_id, after, limit, cursor }) } }),
};
