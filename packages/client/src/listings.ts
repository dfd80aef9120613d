import type { Device, DeviceChange, Event, Manifest, Org, Page, Site } from "@convergint/schemas";
import { type RawAnswer, readAnswer } from "./answer.ts";
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
import { ListingBudget, type ListingProgress, ListingRules } from "./listing-rules.ts";
import { type ListingFault, type ListingPage, readTolerantPage } from "./tolerant-page.ts";

/** Options of a listing. */
export interface ListingOptions extends CallOptions {
  /** Called after each valid page. */
  readonly onProgress?: (progress: ListingProgress) => void;
  /**
   * Transforms each parsed item before validation, for a vendor whose terms differ from the contract's. This
   * function must not throw.
   */
  readonly adaptItem?: (item: unknown) => unknown;
  /**
   * Makes the listing tolerant, and receives each fault. An invalid optional member is left out. An invalid name
   * becomes the id, an invalid type `other`. A record without a valid key or place is set aside: it counts as listed,
   * but is not in the listing. Do not conclude from such a listing that a record is gone. The same applies after a
   * fault whose record is `page`. Without this function, the first fault ends the listing with `invalid_payload`.
   */
  readonly onFault?: (fault: ListingFault) => void;
}

/** Options of a conditional listing. */
export interface ConditionalOptions extends ListingOptions {
  /** The `etag` of the last listing with the same filter. */
  readonly etag?: string | null;
}

/** A conditional listing: either unchanged, or with pages. */
export type DeviceListing =
  | { readonly unchanged: true }
  | {
      readonly unchanged: false;
      /** The `etag` for the next call; `null` if the vendor sends none. */
      readonly etag: string | null;
      /** The pages. Iterate over them only once. */
      readonly pages: AsyncIterable<Page<Device>>;
    };

/**
 * The vendor's listings. Each listing can be iterated only once. The iteration fetches page by
 * page and throws if the listing is incomplete.
 *
 * @see spec/1.0/contract.md#pagination
 */
export interface Listings {
  orgs(options?: ListingOptions): AsyncIterable<Org>;
  sites(filter?: SiteFilter, options?: ListingOptions): AsyncIterable<Site>;
  devices(filter?: DeviceFilter, options?: ListingOptions): AsyncIterable<Device>;
  /** Like `devices`, but yields whole pages: each with its snapshot, the last one with the `sync_token`. */
  devicePages(filter?: DeviceFilter, options?: ListingOptions): AsyncIterable<Page<Device>>;
  /**
   * Lists the devices, unless nothing has changed since the listing that returned `etag`. Makes an
   * unconditional call if the manifest does not declare `conditional_requests`.
   *
   * @see spec/1.0/contract.md#conditional-requests
   */
  deviceListing(filter?: DeviceFilter, options?: ConditionalOptions): Promise<DeviceListing>;
  /**
   * Lists the devices that were added, changed or removed since an earlier listing; a removed device is
   * listed as a tombstone, with `lifecycle: "removed"`.
   *
   * @throws {VendorClientError} `not_offered` if the manifest does not declare `incremental_sync`; `refused`
   *   with the problem `sync_token_expired` or `invalid_sync_token` if a full listing is needed
   * @see spec/1.0/contract.md#incremental-sync
   */
  deviceChanges(filter: DeviceChangeFilter, options?: ListingOptions): AsyncIterable<DeviceChange>;
  /** Like `deviceChanges`, but yields whole pages; the last one has the next `sync_token`. */
  deviceChangePages(filter: DeviceChangeFilter, options?: ListingOptions): AsyncIterable<Page<DeviceChange>>;
  /**
   * Lists published events in the order of publication, as they were posted.
   *
   * @throws {VendorClientError} `not_offered` if the manifest does not declare `backfill`; `refused` with the problem
   *   `backfill_expired` if `after` is older than the events that the vendor keeps
   * @see spec/1.0/contract.md#backfill
   */
  events(filter?: EventFilter, options?: ListingOptions): AsyncIterable<Event>;
  /**
   * Like `events`, but yields whole pages. To continue later, pass
   * the first page's `snapshot.as_of` as `after`.
   */
  eventPages(filter?: EventFilter, options?: ListingOptions): AsyncIterable<Page<Event>>;
}

/**
 * Transforms the items of a page. Leaves anything that is not a page unchanged; the schema then rejects it.
 */
function pageAdapter({ adaptItem }: ListingOptions): ((page: unknown) => unknown) | undefined {
  if (!adaptItem) return undefined;
  return (page) => {
    const items = (page as { readonly data?: unknown } | null)?.data;
    return Array.isArray(items) ? { ...(page as object), data: items.map(adaptItem) } : page;
  };
}

/** The settings of all listings of a client. */
export interface ListingSettings {
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
  readonly beforePage: (() => Promise<void>) | undefined;
}

/** Creates the listings of a vendor's cloud. */
export function listings(
  { manifest, call, limits, secrets }: Connection,
  { now, beforePage }: ListingSettings,
): Listings {
  /** A page may have as many items as the caller asked for. */
  const limitsOf = (filter: object) => {
    const asked = "limit" in filter && typeof filter.limit === "number" ? filter.limit : 0;
    return { ...limits, maxPageItems: Math.max(limits.maxPageItems, asked) };
  };
  async function readPage<Filter extends object, Item>(
    answer: RawAnswer,
    kind: ListingKind<Filter, Item>,
    filter: Filter,
    options: ListingOptions,
    { addBytes }: ListingBudget,
  ): Promise<ListingPage<Item>> {
    const { onFault, adaptItem } = options;
    const pageLimits = limitsOf(filter);
    if (onFault) {
      const reading = { limits: pageLimits, adaptItem, onFault, secrets, measure: addBytes };
      return readTolerantPage(answer, kind, reading);
    }
    const page = await readAnswer(answer, kind.schema, pageLimits, pageAdapter(options), addBytes);
    return { page, setAside: 0 };
  }
  const pagesOf = <Filter extends object, Item>(
    kind: ListingKind<Filter, Item>,
    filter: Filter,
    options: ListingOptions = {},
    budget = new ListingBudget(kind.what, limits, now),
    first?: ListingPage<Item>,
  ) =>
    readPages({
      ...kind,
      budget,
      beforePage,
      onProgress: options.onProgress,
      fetchPage: async (cursor) =>
        cursor === undefined && first
          ? first
          : readPage(await call(kind.pageAt(filter, cursor), options), kind, filter, options, budget),
    });

  /**
   * Makes no call if the manifest lacks the capability: a vendor that
   * ignores the parameter would send a full listing.
   */
  async function* declaredPagesOf<Filter extends object, Item>(
    kind: ListingKind<Filter, Item>,
    declared: (manifest: Manifest) => boolean,
    capability: string,
    filter: Filter,
    options: ListingOptions = {},
  ): AsyncGenerator<Page<Item>, void, undefined> {
    if (!declared(await manifest(options))) throw notOffered(capability);
    yield* pagesOf(kind, filter, options);
  }

  /** @throws {VendorClientError} `not_offered` if the vendor would ignore the filter by system */
  async function requireFilters({ system_id }: DeviceFilter, options?: CallOptions): Promise<void> {
    if (system_id === undefined) return;
    const { inventory } = await manifest(options);
    if (inventory.system_filter !== true) throw notOffered("inventory.system_filter");
  }

  const devicePages: Listings["devicePages"] = async function* (filter = {}, options = {}) {
    await requireFilters(filter, options);
    yield* pagesOf(DEVICES, filter, options);
  };
  const deviceChangePages: Listings["deviceChangePages"] = async function* (filter, options) {
    await requireFilters(filter, options);
    yield* declaredPagesOf(
      DEVICE_CHANGES,
      ({ inventory }) => inventory.incremental_sync,
      "inventory.incremental_sync",
      filter,
      options,
    );
  };
  const eventPages: Listings["eventPages"] = (filter = {}, options = {}) =>
    declaredPagesOf(EVENTS, ({ backfill }) => Boolean(backfill), "backfill", filter, options);

  return {
    orgs: (options) => itemsOf(pagesOf(ORGS, {}, options)),
    sites: (filter = {}, options = {}) => itemsOf(pagesOf(SITES, filter, options)),
    devices: (filter, options) => itemsOf(devicePages(filter, options)),
    devicePages,
    async deviceListing(filter = {}, { etag = null, ...options } = {}) {
      await requireFilters(filter, options);
      const { inventory } = await manifest(options);
      const conditional = inventory.conditional_requests && etag !== null;
      const headers = conditional ? { "if-none-match": etag } : {};
      const firstPage = DEVICES.pageAt(filter, undefined);
      const budget = new ListingBudget(DEVICES.what, limits, now);
      await beforePage?.();
      const answer = await budget.count(() =>
        call((api, init) => firstPage(api, { ...init, headers }), options),
      );
      const { status, headers: answered } = answer.response;
      if (conditional && status === 304) return { unchanged: true };
      const first = await readPage(answer, DEVICES, filter, options, budget);
      return {
        unchanged: false,
        etag: answered.get("etag"),
        pages: pagesOf(DEVICES, filter, options, budget, first),
      };
    },
    deviceChanges: (filter, options) => itemsOf(deviceChangePages(filter, options)),
    deviceChangePages,
    events: (filter, options) => itemsOf(eventPages(filter, options)),
    eventPages,
  };
}

/** Options for reading a listing. */
interface PageReader<Item> {
  /** Name of the items, for messages. */
  readonly what: string;
  /** Fetches a page; the first page if the cursor is `undefined`. */
  readonly fetchPage: (cursor: string | undefined) => Promise<ListingPage<Item>>;
  readonly idOf: (item: Item) => string;
  readonly budget: ListingBudget;
  readonly beforePage: (() => Promise<void>) | undefined;
  readonly onProgress: ((progress: ListingProgress) => void) | undefined;
}

/**
 * Reads a listing page by page and checks the rules of pagination. A listing that breaks a rule must not
 * count as complete.
 *
 * @throws {VendorClientError} the errors of {@link ListingRules} and of `fetchPage`, and `listing_over_budget`
 */
async function* readPages<Item>({
  what,
  fetchPage,
  idOf,
  budget,
  beforePage,
  onProgress,
}: PageReader<Item>): AsyncGenerator<Page<Item>, void, undefined> {
  const rules = new ListingRules(what, idOf);
  let cursor: string | undefined;
  do {
    await beforePage?.();
    const { page, setAside } = await budget.count(() => fetchPage(cursor));
    cursor = page.next_cursor ?? undefined;
    const progress = rules.take(page, setAside);
    onProgress?.(progress);
    if (cursor !== undefined) budget.requireMore(progress);
    yield page;
  } while (cursor !== undefined);
}

/** Yields the items of pages one by one. */
async function* itemsOf<Item>(pages: AsyncIterable<Page<Item>>): AsyncGenerator<Item, void, undefined> {
  for await (const { data } of pages) {
    // This code does not use `yield*`, which creates several promises per item.
    for (const item of data) yield item;
    // Empties the page before the next fetch: otherwise the
    // suspended generator would keep the items in memory.
    data.length = 0;
  }
}
