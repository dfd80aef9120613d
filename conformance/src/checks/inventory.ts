import { deviceSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import { declares } from "../evidence/manifest.ts";
import {
  IDENTITY,
  identityOf,
  idsOf,
  isObject,
  itemsOf,
  type JsonObject,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";
import { judgeIds, judgeItems } from "./judge-listing.ts";
import { findUnusableResponse, judgeStatus, UNKNOWN_ID } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const devicesOf = ({ listing }: Evidence["devices"]): JsonObject[] =>
  itemsOf(listing).flatMap(({ value }) => (isObject(value) ? [value] : []));

/** The ids of the devices whose member has this value. */
const idsWhere = (devices: Evidence["devices"], name: "site_id" | "org_id", value: string): Set<string> =>
  new Set(
    devicesOf(devices)
      .filter((device) => textOf(device, name) === value)
      .flatMap((device) => textOf(device, "device_id") ?? []),
  );

export const inventoryChecks = [
  check("INV-001", ["devices", "lookups"], ({ devices, lookups }) => {
    const listed = judgeItems(devices.listing, deviceSchema);
    if (listed.outcome !== "pass") return listed;
    // What a look-up should be and is not at all is INV-005's matter.
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
      // A device without these ids is INV-001's matter.
      if (siteId === null || orgId === null) return null;
      if (!orgOfSite.has(siteId)) {
        return {
          where: `${pointer}/site_id`,
          expected: "a site that GET /v1/sites lists",
          actual: show(siteId),
          hint: "List the site, to this credential too, or name the one that the device stands at.",
        };
      }
      return orgOfSite.get(siteId) === orgId
        ? null
        : {
            where: `${pointer}/org_id`,
            expected: `the org of its site, ${show(orgOfSite.get(siteId))}`,
            actual: show(orgId),
            hint: "Take the org from the site that the device stands at: by it a customer is shown the device, or another customer is.",
          };
    });
  }),

  check("INV-003", ["devices", "filters"], ({ devices, filters }) =>
    judgeIds(
      filters.bySite.map(({ siteId, listing }) => ({
        listing,
        ids: idsOf(listing, "device_id"),
        expected: idsWhere(devices, "site_id", siteId),
        of: `the devices of site ${siteId}`,
      })),
      "no site was listed",
    ),
  ),

  check("INV-004", ["filters"], ({ filters }) => judgeStatus([filters.unknownSite], [404], UNKNOWN_ID)),

  check("INV-005", ["devices", "lookups"], ({ devices, lookups }) => {
    const listed = new Map(devicesOf(devices).map((device) => [textOf(device, "device_id"), device]));
    return judgeEach(
      lookups.devices.map(({ deviceId, exchange }) => ({ at: exchange.id, deviceId, exchange })),
      "no device was listed",
      ({ deviceId, exchange }) => {
        const unreadable = findUnusableResponse(exchange);
        if (unreadable) return unreadable;
        const device = objectOf(exchange);
        const expected = listed.get(deviceId);
        const name = IDENTITY.find((member) => device?.[member] !== expected?.[member]);
        return name === undefined
          ? null
          : {
              where: `/${name}`,
              expected: `${show(expected?.[name])}, as listed`,
              actual: show(device?.[name]),
              hint: "Make the device of the look-up and the device of the listing by the same code.",
            };
      },
    );
  }),

  check("INV-006", ["lookups"], ({ lookups }) => judgeStatus([lookups.unknownDevice], [404], UNKNOWN_ID)),

  check("INV-007", ["devices", "filters"], ({ devices, filters }) =>
    judgeIds(
      filters.byOrg.map(({ orgId, listing }) => ({
        listing,
        ids: idsOf(listing, "device_id"),
        expected: idsWhere(devices, "org_id", orgId),
        of: `the devices of org ${orgId}`,
      })),
      "no org was listed",
    ),
  ),

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
        // The same entry twice is PAGE-001's matter.
        return first === identity
          ? null
          : {
              where: `${pointer}/${name}`,
              expected: "an id that nothing else has",
              actual: show(id),
              hint: "Where your own ids are unique within one type or site only, prefix them: door:4711.",
            };
      },
    );
  }),

  check("INV-011", ["filters"], ({ filters }) => judgeStatus([filters.unknownOrg], [404], UNKNOWN_ID)),

  check("INV-015", ["devices", "paging"], ({ devices, paging }) =>
    judgeEach(
      [...itemsOf(devices.listing), ...itemsOf(paging.inSmallPages)],
      "no device was listed",
      ({ value, pointer }) =>
        isObject(value) && value["lifecycle"] === "removed"
          ? {
              where: `${pointer}/lifecycle`,
              expected: "devices that are there",
              actual: "one that was removed",
              hint: "A full listing has no tombstones; only `since` lists what is gone.",
            }
          : null,
    ),
  ),

  check("INV-016", ["limits"], ({ limits: { compressed } }) =>
    judgeEach(
      findUnusableResponse(compressed) ? [] : [{ at: compressed.id }],
      "no page was answered; see INV-001",
      () =>
        compressed.response?.headers["content-encoding"] === "gzip"
          ? null
          : {
              where: "content-encoding",
              expected: "gzip, for a caller whose Accept-Encoding names it",
              actual: show(compressed.response?.headers["content-encoding"]),
              hint: "A page of a large inventory is ten times smaller then; most servers and proxies do it by a setting.",
            },
    ),
  ),

  check("INV-017", ["discovery", "filters"], ({ discovery: { manifest }, filters: { madeUpSince } }) =>
    declares(objectOf(manifest), "inventory.incremental_sync")
      ? { outcome: "not-applicable", reason: "the manifest declares inventory.incremental_sync" }
      : judgeStatus(
          [madeUpSince],
          [400],
          "You declare no inventory.incremental_sync, so a since is refused: a caller who gets the full list for it takes it for what has changed.",
        ),
  ),
];
