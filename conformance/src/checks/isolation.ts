import { problemSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { findDelivery } from "../evidence/match-deliveries.ts";
import {
  entriesOf,
  eventsOf,
  type IdName,
  idsOf,
  isObject,
  itemsOf,
  type JsonObject,
  jsonOf,
  listOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed, show } from "./finding.ts";
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

/** An event, with the delivery or page that contains it. */
interface FoundEvent {
  readonly at: string;
  readonly event: JsonObject;
}

const eventsIn = (deliveries: readonly Delivery[]): FoundEvent[] =>
  deliveries.flatMap((delivery) => eventsOf(delivery).map((event) => ({ at: delivery.id, event })));

/** Returns the events about an org or device that only one of two tenants has. */
function findStrays(
  events: readonly FoundEvent[],
  orgIds: ReadonlySet<string>,
  deviceIds: ReadonlySet<string>,
) {
  return events.flatMap(({ at, event }) => {
    const data = memberOf(event, "data");
    const orgId = textOf(data, "org_id");
    const about = [textOf(data, "device_id"), textOf(event, "subject")];
    const deviceId = about.find((id) => id !== null && deviceIds.has(id));
    if (orgId !== null && orgIds.has(orgId)) return [{ at, of: `org ${show(orgId)}` }];
    return deviceId ? [{ at, of: `device ${show(deviceId)}` }] : [];
  });
}

/** Returns the ids that only one of the two tenants has. */
function findOwnIds({ orgs, devices, isolation }: Pick<Evidence, "orgs" | "devices" | "isolation">) {
  const idsOfEach = (name: IdName, first: Listing, other: Listing) => ({
    first: findIdsOfFirstOnly(first, other, name),
    other: findIdsOfFirstOnly(other, first, name),
  });
  return {
    orgIds: idsOfEach("org_id", orgs.listing, isolation.orgs),
    deviceIds: idsOfEach("device_id", devices.listing, isolation.devices),
  };
}

/**
 * Returns everything that the second tenant got although it belongs to another tenant. Each item has the
 * proof: it is an entry of the first tenant, or of an org that the second tenant does not list.
 */
function listGiven({
  orgs,
  sites,
  devices,
  isolation,
}: Pick<Evidence, "orgs" | "sites" | "devices" | "isolation">) {
  const ownOrgs = new Set(idsOf(isolation.orgs, "org_id"));
  const { orgIds, deviceIds } = findOwnIds({ orgs, devices, isolation });
  const changes = isolation.foreignToken?.changes;
  const ofChanges: Listing = { limit: null, pages: changes ? [changes] : [], end: "last_page" };
  const events = entriesOf(isolation.events ?? { limit: null, pages: [], end: "last_page" });
  const strays = findStrays(
    events.map(({ at, value }) => ({ at, event: value })),
    orgIds.first,
    deviceIds.first,
  );
  const ofOthers = [isolation.sites, isolation.devices].flatMap((listing) =>
    entriesOf(listing).flatMap(({ at, pointer, value }) => {
      const orgId = textOf(value, "org_id");
      return orgId === null || ownOrgs.size === 0 || ownOrgs.has(orgId)
        ? []
        : [
            {
              at,
              where: `${pointer}/org_id`,
              found: `an entry of org ${show(orgId)}, which this tenant does not list`,
            },
          ];
    }),
  );
  const shared = [
    ...compareEntries(orgs.listing, isolation.orgs, "org_id"),
    ...compareEntries(sites.listing, isolation.sites, "site_id"),
    ...compareEntries(devices.listing, isolation.devices, "device_id"),
    ...compareEntries(devices.listing, ofChanges, "device_id"),
  ];
  return [
    ...shared.map(({ at, where, id, isShared }) => ({ at, where, found: isShared ? show(id) : null })),
    ...ofOthers,
    ...strays.map(({ at, of }) => ({ at, where: "/data", found: `an event of ${of}` })),
  ];
}

/**
 * Tells whether a foreign sync token could leak anything. A token leaks nothing if nothing changed after it
 * was issued.
 */
const hasContent = ({ own, theirs }: NonNullable<Evidence["isolation"]["foreignToken"]>): boolean =>
  theirs.response?.status !== 200 || listOf(objectOf(own), "data").length > 0;

/** Checks that one tenant cannot see another tenant's data. */
export const isolationChecks = [
  check("SEC-005", ["orgs", "sites", "devices", "isolation"], (evidence) =>
    judgeEach(
      listGiven(evidence),
      "the second tenant's listings are empty, so the suite cannot tell whether that tenant's credential works",
      ({ where, found }) =>
        found === null
          ? null
          : { where, expected: "nothing of another tenant", actual: found, hint: SAME_TENANT },
    ),
  ),
  check("SEC-006", ["isolation"], ({ isolation: { crossings, endpoint } }) =>
    judgeMixed(
      [
        ...crossings.map(({ theirs, unknown }) => ({
          at: theirs.id,
          find: () =>
            meaningOf(theirs) === meaningOf(unknown)
              ? null
              : {
                  expected: `${describeResponse(unknown)}, the same response as for an unknown id, for: ${theirs.purpose}`,
                  actual: describeResponse(theirs),
                  hint: "Look up ids only within the orgs of the credential, so that you do not find another tenant's data. Any other response reveals that this data exists.",
                },
        })),
        ...(endpoint && endpoint.listed.response?.status === 200
          ? [
              {
                at: endpoint.listed.id,
                find: () =>
                  listOf(objectOf(endpoint.listed), "data").some(
                    ({ endpoint_id }) => endpoint_id === endpoint.id,
                  )
                    ? null
                    : {
                        expected: `the endpoint ${endpoint.id}, which another tenant tried to delete`,
                        actual: "the endpoint is no longer listed",
                        hint: "Before you delete an endpoint, check that it belongs to the caller's credential.",
                      },
              },
            ]
          : []),
      ],
      "no call was made",
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
                hint: "Bind each cursor and each token to the credential it was issued to, for example with a signature over the cursor or token and the credential's id.",
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
    const { orgIds, deviceIds } = findOwnIds(evidence);
    const named = (owner: string, other: string) => (stray: { at: string; of: string }) => ({
      ...stray,
      owner,
      other,
    });
    const astray = [
      ...findStrays(eventsIn(deliveries), orgIds.first, deviceIds.first).map(named("first", "second")),
      ...findStrays(eventsIn(otherDeliveries), orgIds.other, deviceIds.other).map(named("second", "first")),
    ];
    if (astray.length > 0) {
      return judgeEach(astray, "", ({ of, owner, other }) => ({
        expected: `only events of the ${other} tenant's orgs at that tenant's endpoint`,
        actual: `an event of ${of}, which only the ${owner} tenant has`,
        hint: "Before you post an event, check that the credential of the endpoint may see the event's org. The check of your listings does not apply to webhooks.",
      }));
    }
    // The absence of another tenant's webhooks proves something only if both tenants' own webhooks arrived.
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
