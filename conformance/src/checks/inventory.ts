import { canonicalMacAddress, deviceSchema, timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { boundsOf, type ListingBetween } from "../evidence/listing-between.ts";
import { declares } from "../evidence/manifest.ts";
import {
  type DeviceFilters,
  entriesOf,
  hardwareOf,
  IDENTITY,
  identityOf,
  idsOf,
  idsWhere,
  isFromAfter,
  isObject,
  itemsOf,
  type JsonObject,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed, LAGS, type Problem, show } from "./finding.ts";
import { judgeIds, judgeItems } from "./judge-listing.ts";
import { findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const devicesOf = ({ listing }: Evidence["devices"]): JsonObject[] =>
  entriesOf(listing).map(({ value }) => value);

/** Returns the ids that a filtered listing must contain, and the ids that such a listing may contain. */
function expectedIn(
  between: Pick<ListingBetween, "listing"> & Partial<ListingBetween>,
  devices: Evidence["devices"],
  filters: DeviceFilters,
) {
  const { listing } = between;
  const { required, allowed } = boundsOf(
    { before: devices.listing, after: devices.listing, ...between },
    "device_id",
    (whole) => idsWhere(whole, filters),
  );
  return { listing, ids: idsOf(listing, "device_id"), expected: required, allowed };
}

/**
 * Groups devices by their hardware. Leaves out devices that share their hardware with another listed device.
 */
function byHardware(devices: Evidence["devices"]) {
  const grouped = Map.groupBy(entriesOf(devices.listing), ({ value }) => hardwareOf(value));
  return new Map(
    [...grouped].flatMap(([hardware, [device, ...others]]) =>
      hardware === null || !device || others.length > 0 ? [] : [[hardware, device] as const],
    ),
  );
}

/** Returns the devices on a page, by id. */
const devicesOn = (page: Exchange): ReadonlyMap<string, JsonObject> =>
  new Map(
    listOf(objectOf(page), "data").flatMap((device) => {
      const id = textOf(device, "device_id");
      return id === null ? [] : [[id, device] as const];
    }),
  );

const hasKnownStatus = (device: JsonObject | undefined): boolean =>
  device !== undefined && !["unknown", null].includes(textOf(device, "status"));

/**
 * Returns a problem if the vendor knew statuses before an endpoint was registered, but shows them only after
 * the registration; `null` otherwise.
 */
function findLateStatus({
  before,
  after,
}: {
  readonly before: Exchange;
  readonly after: Exchange;
}): Problem | null {
  const [known, asOf] = [devicesOn(before), textOf(memberOf(objectOf(before), "snapshot"), "as_of")];
  const isWhole = objectOf(before)?.["next_cursor"] === null;
  const isKnownBefore = ({ status_observed_at: time }: JsonObject) =>
    timestampSchema.safeParse(time).success && Date.parse(String(time)) < Date.parse(asOf ?? "");
  const late = [...devicesOn(after)].find(
    ([id, device]) =>
      (known.has(id) || isWhole) &&
      hasKnownStatus(device) &&
      !hasKnownStatus(known.get(id)) &&
      isKnownBefore(device),
  );
  if (!late) return null;
  const [id, device] = late;
  return {
    where: `/data/${[...devicesOn(after).keys()].indexOf(id)}/status`,
    expected: `${show(device["status"])} also before the first endpoint was registered, because the status was observed at ${show(device["status_observed_at"])}`,
    actual: known.has(id)
      ? `${show(known.get(id)?.["status"])} before the registration`
      : "the device was not listed before the registration",
    hint: "Fill the inventory from the devices themselves, whether or not anyone has registered a webhook endpoint. Do not start to collect or to show statuses at the first registration.",
  };
}

export const inventoryChecks = [
  check("INV-001", ["devices", "lookups", "filters", "paging"], ({ devices, lookups, filters, paging }) => {
    const listed = judgeItems(devices.listing, deviceSchema);
    if (listed.outcome !== "pass") return listed;
    // The vendor may build a device with different code in each listing.
    const others = [
      ...[...filters.bySite, ...filters.byOrg, ...(filters.bySystem ?? [])].map(({ listing }) => listing),
      paging.inSmallPages,
    ];
    const elsewhere = judgeEach(others.flatMap(itemsOf), "", ({ value, pointer }) =>
      findSchemaFailure(deviceSchema, value, pointer),
    );
    if (elsewhere.outcome === "fail") return elsewhere;
    // INV-005 reports lookups that fail.
    const found = lookups.devices.filter(({ exchange }) => findUnusableResponse(exchange) === null);
    const lookedUp = judgeEach(
      found.map(({ exchange }) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) => findSchemaFailure(deviceSchema, objectOf(exchange)),
    );
    return lookedUp.outcome === "fail" ? lookedUp : listed;
  }),

  check("INV-002", ["sites", "devices"], ({ sites, devices }) => {
    const orgOfSite = new Map<string | null, string | null>();
    for (const { value } of itemsOf(sites.listing)) {
      const site = isObject(value) ? value : null;
      orgOfSite.set(textOf(site, "site_id"), textOf(site, "org_id"));
    }
    return judgeEach(itemsOf(devices.listing), "no device was listed", ({ value, pointer }) => {
      const device = isObject(value) ? value : null;
      const siteId = textOf(device, "site_id");
      const orgId = textOf(device, "org_id");
      // INV-001 reports a device without these ids.
      if (siteId === null || orgId === null) return null;
      if (!orgOfSite.has(siteId)) {
        return {
          where: `${pointer}/site_id`,
          expected: "a site that GET /v1/sites lists",
          actual: show(siteId),
          hint: "For this credential, list this site in GET /v1/sites too, or send the id of the site where the device is installed.",
        };
      }
      return orgOfSite.get(siteId) === orgId
        ? null
        : {
            where: `${pointer}/org_id`,
            expected: `${show(orgOfSite.get(siteId))}, the org of its site`,
            actual: show(orgId),
            hint: "Take org_id from the device's site. A wrong org shows one customer's device to another customer.",
          };
    });
  }),

  check("INV-003", ["devices", "filters"], ({ devices, filters }) =>
    judgeIds(
      filters.bySite.map(({ siteId, ...between }) => ({
        ...expectedIn(between, devices, { site_id: siteId }),
        of: `the devices of site ${siteId}`,
      })),
      "no site was listed",
    ),
  ),

  check("INV-004", ["filters"], ({ filters: { unknownSite, siteOfOtherOrg } }) =>
    judgeStatus([unknownSite, ...(siteOfOtherOrg ? [siteOfOtherOrg] : [])], [404], UNKNOWN_ID),
  ),

  check("INV-005", ["devices", "lookups"], ({ devices, lookups }) => {
    const byId = (listing: Listing) =>
      new Map(entriesOf(listing).map(({ value }) => [textOf(value, "device_id"), value]));
    const listed = byId(devices.listing);
    // If another user of the tenant changed a device meanwhile, the two listings differ. The lookup may
    // differ as well.
    const { listedAgain } = lookups;
    const again = listedAgain?.end === "last_page" ? byId(listedAgain) : listed;
    const lookedUpAgain = new Map(
      (lookups.lookedUpAgain ?? []).map(({ deviceId, exchange }) => [deviceId, objectOf(exchange)]),
    );
    return judgeEach(
      lookups.devices.map(({ deviceId, exchange }) => ({ at: exchange.id, deviceId, exchange })),
      "no device was listed",
      ({ deviceId, exchange }) => {
        const [expected, after] = [listed.get(deviceId), again.get(deviceId)];
        if (exchange.response?.status === 404 && after === undefined) return null;
        const unreadable = findUnusableResponse(exchange);
        if (unreadable) return unreadable;
        const device = objectOf(exchange);
        // A device that agrees with the listings the next time had been changed, and was changed back.
        const later = lookedUpAgain.get(deviceId) ?? device;
        const name = IDENTITY.find(
          (member) =>
            [device, later].every((each) => each?.[member] !== expected?.[member]) &&
            after?.[member] === expected?.[member],
        );
        return name === undefined
          ? null
          : {
              where: `/${name}`,
              expected: `${show(expected?.[name])}, as in the listing`,
              actual: show(device?.[name]),
              hint: "Use the same code to build the device in the lookup and in the listing.",
            };
      },
    );
  }),

  check("INV-006", ["lookups"], ({ lookups }) => judgeStatus([lookups.unknownDevice], [404], UNKNOWN_ID)),

  check("INV-007", ["devices", "filters"], ({ devices, filters }) =>
    judgeIds(
      filters.byOrg.map(({ orgId, ...between }) => ({
        ...expectedIn(between, devices, { org_id: orgId }),
        of: `the devices of org ${orgId}`,
      })),
      "no org was listed",
    ),
  ),

  check("INV-008", ["devices", "completeness"], ({ devices, completeness, closing }) => {
    const known = new Set(devicesOf(devices).map((device) => textOf(device, "device_id")));
    const created = [...completeness.added, ...(completeness.again ? [completeness.again] : [])].map(
      ({ command, deviceId }) => ({
        at: command.id,
        find: (): Problem | null => {
          if (deviceId === null || !known.has(deviceId)) {
            known.add(deviceId);
            return null;
          }
          return {
            where: "/device_id",
            expected: "an id that no device of this run had, whether or not that device still exists",
            actual: `${show(deviceId)}, the id of an earlier device`,
            hint: "Never give the id of one device to another device, because a consumer merges two devices with one id. Do not restart a counter, and do not reuse the id of a removed device.",
          };
        },
      }),
    );
    const { devices: atEnd } = closing?.parts ?? {};
    const stillListed = new Set(atEnd ? idsOf(atEnd.listing, "device_id") : []);
    const first = byHardware(devices);
    const kept = [...(atEnd ? byHardware(atEnd) : [])].map(([hardware, { at, pointer, value }]) => ({
      at,
      find: (): Problem | null => {
        const before = first.get(hardware)?.value["device_id"];
        return before === undefined || before === value["device_id"] || stillListed.has(String(before))
          ? null
          : {
              where: `${pointer}/device_id`,
              expected: `${show(before)}, the id that the device with this manufacturer, model and serial number had at the start of the run`,
              actual: show(value["device_id"]),
              hint: "Store the id with the device. Do not create a new id when the device reconnects or when you import it again.",
            };
      },
    }));
    const pages = devices.listing.pages.map(({ id }) => ({ at: id, find: () => null }));
    const finding = judgeMixed([...pages, ...created, ...kept], "no device was listed");
    return finding.outcome === "pass"
      ? {
          ...finding,
          unseen:
            "The suite compared ids only during this run. It does not see whether an id changes or is reused later.",
        }
      : finding;
  }),

  check("INV-009", ["orgs", "sites", "devices"], ({ orgs, sites, devices }) => {
    const listings = [
      { listing: orgs.listing, name: "org_id" },
      { listing: sites.listing, name: "site_id" },
      { listing: devices.listing, name: "device_id" },
    ] as const;
    const known = new Map<string, string>();
    return judgeEach(
      listings.flatMap(({ listing, name }) => itemsOf(listing).map((item) => ({ ...item, name }))),
      "nothing was listed",
      ({ value, pointer, name }) => {
        const id = isObject(value) ? textOf(value, name) : null;
        if (!isObject(value) || id === null) return null;
        const identity = identityOf(value);
        const first = known.get(`${name} ${id}`) ?? identity;
        known.set(`${name} ${id}`, first);
        // PAGE-001 reports an entry that is listed twice.
        return first === identity
          ? null
          : {
              where: `${pointer}/${name}`,
              expected: "an id that nothing else has",
              actual: show(id),
              hint: "Make the id unique in the whole inventory. If your own ids are unique only within one type or site, add a prefix: door:4711.",
            };
      },
    );
  }),

  check("INV-010", ["orgs", "sites", "devices"], ({ orgs, sites, devices }) => {
    const listings = [
      { listing: orgs.listing, name: "org_id" },
      { listing: sites.listing, name: "site_id" },
      { listing: devices.listing, name: "device_id" },
    ] as const;
    return judgeEach(
      listings.flatMap(({ listing, name }) => entriesOf(listing).map((entry) => ({ ...entry, name }))),
      "nothing was listed",
      ({ value, pointer, name }) => {
        const id = textOf(value, name) ?? "";
        const isMac = canonicalMacAddress(id) !== null && /[:.-]/.test(id);
        return /^\d{1,9}$/.test(id) || isMac
          ? {
              where: `${pointer}/${name}`,
              expected: "an id that no other vendor or system can have, preferably a UUID",
              actual: `${show(id)}, ${isMac ? "a MAC address" : "a number"}`,
              hint: isMac
                ? "Create a UUID for each device. Do not use a MAC address as the id: it changes when a network board is replaced, and devices behind one bridge share it."
                : "Create a UUID for each record. Row numbers restart after a migration, and other systems use the same numbers.",
            }
          : null;
      },
    );
  }),

  check("INV-011", ["filters"], ({ filters }) => judgeStatus([filters.unknownOrg], [404], UNKNOWN_ID)),

  check("INV-012", ["devices", "completeness"], ({ devices, completeness: { added, listing } }): Finding => {
    const [page] = devices.listing.pages;
    const last = listing?.pages.at(-1);
    const made = added.filter(({ deviceId }) => deviceId !== null);
    const refused = added.filter(({ deviceId }) => deviceId === null).map(({ type }) => type);
    if (!page) return { outcome: "could-not-run", reason: "no device was listed" };
    if (!last || listing?.end !== "last_page" || made.length === 0) {
      return {
        outcome: "pass",
        cites: [page.id],
        unseen:
          "The sandbox added and removed no device, so only filtered and unfiltered listings were compared (INV-003, INV-007).",
      };
    }
    const ids = new Set(idsOf(listing, "device_id"));
    const hidden = made.filter(({ deviceId }) => !ids.has(deviceId ?? ""));
    if (hidden.some(({ command }) => !isFromAfter(command, listing)))
      return { outcome: "could-not-run", reason: LAGS };
    const finding = judgeEach(
      made.map(({ type, deviceId }) => ({ at: last.id, type, deviceId })),
      "",
      ({ type, deviceId }) =>
        ids.has(deviceId ?? "")
          ? null
          : {
              where: "/data",
              expected: `device ${deviceId} of type ${show(type)}, which was added before`,
              actual: `${ids.size} devices, but not this one`,
              hint: "List devices of every type, site and org that the credential may see. A default filter hides whole classes of devices.",
            },
    );
    return finding.outcome === "pass" && refused.length > 0
      ? { ...finding, unseen: `The sandbox did not add devices of these types: ${refused.join(", ")}.` }
      : finding;
  }),

  check("INV-013", ["discovery", "devices"], ({ discovery: { manifest }, devices, endpoints }): Finding => {
    const [page] = devices.listing.pages;
    if (!page) return { outcome: "could-not-run", reason: "no device was listed" };
    // Without webhooks, no endpoint was ever registered.
    if (!declares(objectOf(manifest), "webhooks")) return { outcome: "pass", cites: [page.id] };
    const first = endpoints?.first;
    const pages = first ? [first.before, first.after] : [];
    if (!first || pages.some((each) => findUnusableResponse(each) !== null)) {
      return {
        outcome: "pass",
        cites: [page.id],
        unseen:
          "The suite registered no endpoint, so it did not compare the inventory before and after the first registration.",
      };
    }
    const finding = judgeEach([{ at: first.after.id }], "", () => findLateStatus(first));
    const earlier = listOf(objectOf(first.listed), "data").length;
    return finding.outcome === "pass" && earlier > 0
      ? {
          ...finding,
          unseen: `This tenant had ${earlier} endpoints before the run, so the suite could not check the inventory of a tenant that has never registered an endpoint. Run the suite with a tenant without endpoints.`,
        }
      : finding;
  }),

  check("INV-015", ["devices", "paging"], ({ devices, paging }) =>
    judgeEach(
      [...itemsOf(devices.listing), ...itemsOf(paging.inSmallPages)],
      "no device was listed",
      ({ value, pointer }) =>
        isObject(value) && value["lifecycle"] === "removed"
          ? {
              where: `${pointer}/lifecycle`,
              expected: "no removed devices",
              actual: "a removed device",
              hint: "Leave out removed devices. Only a listing with `since` has tombstones.",
            }
          : null,
    ),
  ),

  check("INV-016", ["limits"], ({ limits: { compressed } }) =>
    judgeEach(
      findUnusableResponse(compressed) ? [] : [{ at: compressed.id }],
      "no page was readable; see INV-001",
      () =>
        compressed.response?.headers["content-encoding"] === "gzip"
          ? null
          : {
              where: "content-encoding",
              expected: "gzip, because the request's Accept-Encoding names it",
              actual: show(compressed.response?.headers["content-encoding"]),
              hint: "Turn on gzip in your server or proxy. Most servers and proxies have a setting for it. Compression makes large pages about ten times smaller.",
            },
    ),
  ),

  check("INV-017", ["discovery", "filters"], ({ discovery: { manifest }, filters: { madeUpSince } }) =>
    declares(objectOf(manifest), "inventory.incremental_sync")
      ? { outcome: "not-applicable", reason: "the manifest declares inventory.incremental_sync" }
      : judgeStatus(
          [madeUpSince],
          [400],
          "The manifest does not declare inventory.incremental_sync. Answer 400 to requests with since. Otherwise a caller mistakes the full list for a list of changes.",
        ),
  ),

  check("INV-021", ["devices", "filters"], ({ devices, filters: { bySystem } }) =>
    judgeIds(
      (bySystem ?? []).map(({ filters, ...between }) => ({
        ...expectedIn(between, devices, filters),
        of: `the devices with ${Object.entries(filters)
          .map(([name, id]) => `${name}=${id}`)
          .join(" and ")}`,
      })),
      "no listed device has a system_id. Send system_id with the devices, use a tenant that has systems, or do not declare inventory.system_filter",
    ),
  ),

  check(
    "INV-022",
    ["filters"],
    ({ filters: { unknownSystem } }): Finding =>
      unknownSystem
        ? judgeStatus([unknownSystem], [404], UNKNOWN_ID)
        : { outcome: "could-not-run", reason: "the evidence has no call for a system that does not exist" },
  ),
];
