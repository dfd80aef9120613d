import { problemSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { findDelivery } from "../evidence/match-deliveries.ts";
import {
  eventsOf,
  type IdName,
  idsOf,
  isObject,
  itemsOf,
  jsonOf,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const SAME_TENANT =
  "Restrict every query to the orgs of the credential. If both keys belong to one tenant, pass a key of another tenant as --second-api-key.";

/**
 * Returns the entries of the second tenant's listing, and for each entry whether the first tenant's listing
 * has it too.
 */
function compareEntries(first: Listing, second: Listing, name: IdName) {
  const known = new Set(idsOf(first, name));
  return itemsOf(second).map(({ at, pointer, value }) => {
    const id = isObject(value) ? textOf(value, name) : null;
    return { at, where: `${pointer}/${name}`, id, isShared: id !== null && known.has(id) };
  });
}

/** Returns what lets a caller distinguish responses: the status and the problem's code. */
const meaningOf = (exchange: Exchange): string => {
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  return `${exchange.response?.status ?? "none"} ${problem?.code ?? ""}`;
};

/** Returns the ids that only the first tenant has. */
function findIdsOfFirstOnly(first: Listing, second: Listing, name: IdName): ReadonlySet<string> {
  const both = new Set(idsOf(second, name));
  return new Set(idsOf(first, name).filter((id) => !both.has(id)));
}

/** Returns the deliveries about an org or device that only the first tenant has. */
function findStrays(
  deliveries: readonly Delivery[],
  { orgs, devices, isolation }: Pick<Evidence, "orgs" | "devices" | "isolation">,
) {
  const orgIds = findIdsOfFirstOnly(orgs.listing, isolation.orgs, "org_id");
  const deviceIds = findIdsOfFirstOnly(devices.listing, isolation.devices, "device_id");
  const events = deliveries.flatMap((delivery) =>
    eventsOf(delivery).map((event) => ({ at: delivery.id, event })),
  );
  return events.flatMap(({ at, event }) => {
    const data = memberOf(event, "data");
    const orgId = textOf(data, "org_id");
    const about = [textOf(data, "device_id"), textOf(event, "subject")];
    const deviceId = about.find((id) => id !== null && deviceIds.has(id));
    if (orgId !== null && orgIds.has(orgId)) return [{ at, of: `org ${show(orgId)}` }];
    return deviceId ? [{ at, of: `device ${show(deviceId)}` }] : [];
  });
}

/**
 * Tells whether a foreign sync token could leak anything. A token leaks nothing if nothing changed after it
 * was issued.
 */
const hasContent = ({ own, theirs }: NonNullable<Evidence["isolation"]["foreignToken"]>): boolean =>
  theirs.response?.status !== 200 || listOf(objectOf(own), "data").length > 0;

/** Checks that one tenant cannot see another tenant's data. */
export const isolationChecks = [
  check("SEC-005", ["orgs", "sites", "devices", "isolation"], ({ orgs, sites, devices, isolation }) =>
    judgeEach(
      [
        ...compareEntries(orgs.listing, isolation.orgs, "org_id"),
        ...compareEntries(sites.listing, isolation.sites, "site_id"),
        ...compareEntries(devices.listing, isolation.devices, "device_id"),
      ],
      "the second tenant's listings are empty, so the suite cannot tell whether that tenant's credential works",
      ({ where, id, isShared }) =>
        isShared
          ? {
              where,
              expected: "nothing that the first tenant sees",
              actual: show(id),
              hint: SAME_TENANT,
            }
          : null,
    ),
  ),
  check("SEC-006", ["isolation"], ({ isolation: { crossings } }) =>
    judgeEach(
      crossings.map((crossing) => ({ at: crossing.theirs.id, ...crossing })),
      "no call was made",
      ({ theirs, unknown }) =>
        meaningOf(theirs) === meaningOf(unknown)
          ? null
          : {
              expected: `${describeResponse(unknown)}, the same response as for an unknown id, for: ${theirs.purpose}`,
              actual: describeResponse(theirs),
              hint: "Look up ids only within the orgs of the credential, so that you do not find another tenant's data. Any other response reveals that this data exists.",
            },
    ),
  ),
  check(
    "SEC-007",
    ["isolation"],
    ({ isolation: { cursors, foreignToken } }): Finding =>
      judgeEach(
        [...cursors, ...(foreignToken && hasContent(foreignToken) ? [foreignToken.theirs] : [])].map(
          (exchange) => ({
            at: exchange.id,
            exchange,
          }),
        ),
        "the first tenant's listing has only one page, and therefore no cursor; use a tenant with a larger inventory",
        ({ exchange }) => {
          const given = listOf(objectOf(exchange), "data").length;
          return exchange.response?.status === 200 && given > 0
            ? {
                where: "/data",
                expected: "400 or 410, or an empty page",
                actual: `${given} items`,
                hint: "Bind each cursor and token to the credential it was issued to, for example with a signature that covers both.",
              }
            : null;
        },
      ),
  ),
  check("SEC-008", ["orgs", "devices", "isolation", "otherTenant"], (evidence): Finding => {
    if (evidence.otherTenant === null) {
      return { outcome: "not-applicable", reason: "the manifest declares no webhooks, so nothing is posted" };
    }
    const { created, changes, ownChanges, deliveries, otherDeliveries } = evidence.otherTenant;
    const astray = findStrays(deliveries, evidence);
    if (astray.length > 0) {
      return judgeEach(astray, "", ({ of }) => ({
        expected: `only events of the second tenant's orgs at that tenant's endpoint (registered in ${created.id})`,
        actual: `an event of ${of}, which only the first tenant has`,
        hint: "Post an event only to endpoints whose credential may see the event's org. The check that protects your listings does not protect webhooks.",
      }));
    }
    // The absence of foreign webhooks proves something only if both tenants' own webhooks arrived.
    const arrived = changes.flatMap((change) => findDelivery(change, otherDeliveries) ?? []);
    const ownArrived = ownChanges.flatMap((change) => findDelivery(change, deliveries) ?? []);
    const [first, other] = [arrived[0], ownArrived[0]];
    if (!first || !other) {
      return {
        outcome: "could-not-run",
        reason: first
          ? "no webhook of a device of the second tenant arrived at that tenant's endpoint, so the absence of other webhooks proves nothing; pass a sandbox key as --second-api-key"
          : "no webhook of a device of the first tenant arrived at that tenant's endpoint; see EVT-001",
      };
    }
    return { outcome: "pass", cites: [created.id, first.id, other.id] };
  }),
];
