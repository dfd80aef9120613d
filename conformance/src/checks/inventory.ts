import { deviceSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import { idsOf, isObject, itemsOf, type JsonObject, objectOf, textOf } from "../evidence/read.ts";
import { judgeIds, judgeItems, judgeStatus, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

const devicesOf = ({ listing }: Evidence["devices"]): JsonObject[] =>
  itemsOf(listing).flatMap(({ value }) => (isObject(value) ? [value] : []));

/** The ids of the devices whose member has this value. */
const idsWhere = (devices: Evidence["devices"], name: "site_id" | "org_id", value: string): Set<string> =>
  new Set(
    devicesOf(devices)
      .filter((device) => textOf(device, name) === value)
      .flatMap((device) => textOf(device, "device_id") ?? []),
  );

/** What two readings of one device must agree in. */
const IDENTITY = ["device_id", "org_id", "site_id", "type", "name"] as const;

export const inventoryChecks = [
  check("INV-001", ["devices"], ({ devices }) => judgeItems(devices.listing, deviceSchema)),

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
        };
      }
      return orgOfSite.get(siteId) === orgId
        ? null
        : {
            where: `${pointer}/org_id`,
            expected: `the org of its site, ${show(orgOfSite.get(siteId))}`,
            actual: show(orgId),
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

  check("INV-004", ["filters"], ({ filters }) => judgeStatus([filters.unknownSite], 404)),

  check("INV-005", ["devices", "lookups"], ({ devices, lookups }) => {
    const listed = new Map(devicesOf(devices).map((device) => [textOf(device, "device_id"), device]));
    return judgeEach(
      lookups.devices.map(({ deviceId, exchange }) => ({ at: exchange.id, deviceId, exchange })),
      "no device was listed",
      ({ deviceId, exchange }) => {
        const unreadable = notAnAnswer(exchange);
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
            };
      },
    );
  }),

  check("INV-006", ["lookups"], ({ lookups }) => judgeStatus([lookups.unknownDevice], 404)),

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
];
