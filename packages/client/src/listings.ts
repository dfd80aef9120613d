import type { Device, DeviceChange, Event, Manifest, Org, Page, Site } from "@convergint/schemas";
import { readAnswer } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { notOffered } from "./errors.ts";
import {
  DEVICE_CHANGES,
  DEVICES,
  type DeviceChangeFilter,
  type DeviceFilter,
  EVENTS,
  type EventFilter,
  type ListingKind,
  ORGS,
  SITES,
  type SiteFilter,
} from "./listing-kinds.ts";
import type { ListingProgress } from "./listing-rules.ts";
import { itemsOf, readPages } from "./pages.ts";

/** What one listing may be given. */
export interface ListingOptions extends CallOptions {
  /** Called for each page that was read and found to keep the rules. */
  readonly onProgress?: (progress: ListingProgress) => void;
  /**
   * What to make of each item, as it was parsed, before it is held to the contract: for a vendor whose words are not
   * the contract's. Must not throw.
   */
  readonly adaptItem?: (item: unknown) => unknown;
}

/** What a listing on condition may be given. */
export interface ConditionalOptions extends ListingOptions {
  /** What the last listing with the same filter gave. */
  readonly etag?: string | null;
}

/** A listing that was asked for on the condition that it has changed. */
export type DeviceListing =
  | { readonly unchanged: true }
  | {
      readonly unchanged: false;
      /** What to ask with next time; `null` where the vendor gives none. */
      readonly etag: string | null;
      /** To be read once, from the first page on. */
      readonly pages: AsyncIterable<Page<Device>>;
    };

/**
 * The vendor's listings. Each is read once, page by page while it is iterated over, and ends with an error where it
 * is not a complete one.
 *
 * @see spec/1.0/contract.md#pagination
 */
export interface Listings {
  orgs(options?: ListingOptions): AsyncIterable<Org>;
  sites(filter?: SiteFilter, options?: ListingOptions): AsyncIterable<Site>;
  devices(filter?: DeviceFilter, options?: ListingOptions): AsyncIterable<Device>;
  /** The same a page at a time, with the snapshot that each page repeats and the `sync_token` of the last. */
  devicePages(filter?: DeviceFilter, options?: ListingOptions): AsyncIterable<Page<Device>>;
  /**
   * The devices, unless nothing has changed since the listing that gave `etag`. Asks plainly where the manifest does
   * not declare `conditional_requests`.
   *
   * @see spec/1.0/contract.md#conditional-requests
   */
  deviceListing(filter?: DeviceFilter, options?: ConditionalOptions): Promise<DeviceListing>;
  /**
   * The devices that were added, changed or removed since an earlier listing; a removed one as its tombstone, with
   * `lifecycle: "removed"`.
   *
   * @throws {VendorClientError} `not_offered` where the manifest does not declare `incremental_sync`; `refused` with
   *   the problem `sync_token_expired` where only a full listing helps
   * @see spec/1.0/contract.md#incremental-sync
   */
  deviceChanges(filter: DeviceChangeFilter, options?: ListingOptions): AsyncIterable<DeviceChange>;
  /** The same a page at a time; the last has the `sync_token` to go on with. */
  deviceChangePages(filter: DeviceChangeFilter, options?: ListingOptions): AsyncIterable<Page<DeviceChange>>;
  /**
   * Events that were published before, in the order of publication, as they were posted.
   *
   * @throws {VendorClientError} `not_offered` where the manifest does not declare `backfill`; `refused` with the
   *   problem `backfill_expired` where `after` is longer ago than the vendor keeps events
   * @see spec/1.0/contract.md#backfill
   */
  events(filter?: EventFilter, options?: ListingOptions): AsyncIterable<Event>;
  /** The same a page at a time; ask again from the first page's `snapshot.as_of`. */
  eventPages(filter?: EventFilter, options?: ListingOptions): AsyncIterable<Page<Event>>;
}

/** Lets items be adapted where a page has any; what is no page is left to the schema. */
function pageAdapter({ adaptItem }: ListingOptions): ((page: unknown) => unknown) | undefined {
  if (!adaptItem) return undefined;
  return (page) => {
    const items = (page as { readonly data?: unknown } | null)?.data;
    return Array.isArray(items) ? { ...(page as object), data: items.map(adaptItem) } : page;
  };
}

/** The listings of a vendor's cloud. */
export function listings({ manifest, call, read }: Connection): Listings {
  const pagesOf = <Filter, Item>(
    kind: ListingKind<Filter, Item>,
    filter: Filter,
    options: ListingOptions = {},
    first?: Page<Item>,
  ) =>
    readPages({
      ...kind,
      onProgress: options.onProgress,
      fetchPage: async (cursor) =>
        cursor === undefined && first
          ? first
          : read(kind.pageAt(filter, cursor), kind.schema, options, pageAdapter(options)),
    });

  /** Not asked at all, a vendor that knows nothing of it might answer as though it had not been asked. */
  async function* declaredPagesOf<Filter, Item>(
    kind: ListingKind<Filter, Item>,
    declared: (manifest: Manifest) => boolean,
    capability: string,
    filter: Filter,
    options: ListingOptions = {},
  ): AsyncGenerator<Page<Item>, void, undefined> {
    if (!declared(await manifest(options))) throw notOffered(capability);
    yield* pagesOf(kind, filter, options);
  }

  const deviceChangePages: Listings["deviceChangePages"] = (filter, options) =>
    declaredPagesOf(
      DEVICE_CHANGES,
      ({ inventory }) => inventory.incremental_sync,
      "inventory.incremental_sync",
      filter,
      options,
    );
  const eventPages: Listings["eventPages"] = (filter = {}, options = {}) =>
    declaredPagesOf(EVENTS, ({ backfill }) => Boolean(backfill), "backfill", filter, options);

  return {
    orgs: (options) => itemsOf(pagesOf(ORGS, {}, options)),
    sites: (filter = {}, options = {}) => itemsOf(pagesOf(SITES, filter, options)),
    devices: (filter = {}, options = {}) => itemsOf(pagesOf(DEVICES, filter, options)),
    devicePages: (filter = {}, options = {}) => pagesOf(DEVICES, filter, options),
    async deviceListing(filter = {}, { etag = null, ...options } = {}) {
      const { inventory } = await manifest(options);
      const conditional = inventory.conditional_requests && etag !== null;
      const headers = conditional ? { "if-none-match": etag } : {};
      const firstPage = DEVICES.pageAt(filter, undefined);
      const answer = await call((api, init) => firstPage(api, { ...init, headers }), options);
      const { status, headers: answered } = answer.response;
      if (conditional && status === 304) return { unchanged: true };
      const first = await readAnswer(answer, DEVICES.schema, pageAdapter(options));
      return {
        unchanged: false,
        etag: answered.get("etag"),
        pages: pagesOf(DEVICES, filter, options, first),
      };
    },
    deviceChanges: (filter, options) => itemsOf(deviceChangePages(filter, options)),
    deviceChangePages,
    events: (filter, options) => itemsOf(eventPages(filter, options)),
    eventPages,
  };
}
