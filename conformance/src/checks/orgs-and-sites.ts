import { orgSchema, siteSchema } from "@convergint/schemas";
import { idsOf, isObject, itemsOf, memberOf, SMALLEST_ESTATE, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { judgeIds, judgeItems } from "./judge-listing.ts";
import { judgeStatus, UNKNOWN_ID } from "./judge-response.ts";

const NONE = "no site was listed";

function isKnownTimezone(name: string): boolean {
  // JavaScript accepts UTC offsets as time zones. The tz database does not contain offsets, and an offset
  // cannot express daylight saving time.
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const orgAndSiteChecks = [
  check("ORG-001", ["orgs"], ({ orgs }) => judgeItems(orgs.listing, orgSchema)),

  check("SITE-001", ["sites"], ({ sites }) => judgeItems(sites.listing, siteSchema)),

  check("SITE-002", ["orgs", "sites"], ({ orgs, sites }) => {
    const known = new Set(idsOf(orgs.listing, "org_id"));
    return judgeEach(itemsOf(sites.listing), NONE, ({ value, pointer }) => {
      const orgId = textOf(isObject(value) ? value : null, "org_id");
      return orgId === null || known.has(orgId)
        ? null
        : {
            where: `${pointer}/org_id`,
            expected: "an org that GET /v1/orgs lists",
            actual: show(orgId),
            hint: "For this credential, list this org in GET /v1/orgs too, or send the id of the org that the site belongs to.",
          };
    });
  }),

  check("SITE-003", ["sites"], ({ sites }) =>
    judgeEach(itemsOf(sites.listing), NONE, ({ value, pointer }) => {
      const site = isObject(value) ? value : null;
      const address = memberOf(site, "address");
      if (textOf(address, "city") || textOf(address, "street") || memberOf(site, "coordinates")) return null;
      return {
        where: pointer,
        expected: "an address or coordinates",
        actual: "neither",
        hint: "Send an address with street or city, or coordinates. Technicians use them to find the site.",
      };
    }),
  ),

  check("SITE-004", ["sites"], ({ sites }) =>
    judgeEach(itemsOf(sites.listing), NONE, ({ value, pointer }) => {
      const timezone = textOf(isObject(value) ? value : null, "timezone");
      if (timezone !== null && isKnownTimezone(timezone)) return null;
      return {
        where: `${pointer}/timezone`,
        expected: "an IANA time zone, such as America/Chicago",
        actual: show(timezone),
        hint: "Send a name of the tz database. Translate Windows names, such as Central Standard Time. Do not send an offset, because an offset has no daylight saving time.",
      };
    }),
  ),

  check("SITE-005", ["sites"], ({ sites }) => {
    const all = itemsOf(sites.listing).map(({ value }) => (isObject(value) ? value : null));
    const ofOrg = (orgId: string) =>
      new Set(
        all.filter((site) => textOf(site, "org_id") === orgId).map((site) => textOf(site, "site_id") ?? ""),
      );
    return judgeIds(
      sites.byOrg.map(({ orgId, listing }) => ({
        listing,
        ids: idsOf(listing, "site_id"),
        expected: ofOrg(orgId),
        of: `the sites of org ${orgId}`,
      })),
      "no org was listed",
    );
  }),

  check("SITE-006", ["sites"], ({ sites }) => judgeStatus([sites.unknownOrg], [404], UNKNOWN_ID)),

  check(
    "SITE-007",
    ["sites", "completeness"],
    ({ sites, completeness: { emptySiteId, added, sitesAfter } }): Finding => {
      const [page] = sites.listing.pages;
      if (emptySiteId === null || !page) {
        return {
          outcome: "could-not-run",
          reason: `every listed site has devices, so the suite could not see whether an empty site is listed; add a site without devices to this tenant. If the tenant already has one, list it. ${SMALLEST_ESTATE}`,
        };
      }
      const wasUsed = added.some(({ deviceId }) => deviceId !== null);
      const last = sitesAfter?.pages.at(-1);
      if (!wasUsed || !last || sitesAfter?.end !== "last_page") {
        return {
          outcome: "pass",
          cites: [page.id],
          unseen:
            "The suite could not add and remove a device at a site, so it did not see a site become empty.",
        };
      }
      return judgeEach([{ at: last.id }], "", () =>
        idsOf(sitesAfter, "site_id").includes(emptySiteId)
          ? null
          : {
              where: "/data",
              expected: `site ${emptySiteId}, which has no devices again`,
              actual: "the site is not listed",
              hint: "List the sites themselves, not the sites of the listed devices (an inner join of sites and devices loses empty sites).",
            },
      );
    },
  ),
];
