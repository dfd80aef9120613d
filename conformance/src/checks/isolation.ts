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
  "Scope every query by the orgs of the credential. Should both keys be of one tenant, give --second-api-key one of another.";

/** The entries of another tenant's listing, each with whether the first tenant has it as well. */
function shared(first: Listing, second: Listing, name: IdName) {
  const known = new Set(
    itemsOf(first).flatMap(({ value }) => (isObject(value) ? (textOf(value, name) ?? []) : [])),
  );
  return itemsOf(second).map(({ at, pointer, value }) => {
    const id = isObject(value) ? textOf(value, name) : null;
    return { at, where: `${pointer}/${name}`, id, isShared: id !== null && known.has(id) };
  });
}

/** What an answer says, as far as a caller can tell two apart by it: the status, and a problem's code. */
const meaningOf = (exchange: Exchange): string => {
  const problem = problemSchema.safeParse(jsonOf(exchange)).data;
  return `${exchange.response?.status ?? "none"} ${problem?.code ?? ""}`;
};

/** The ids that the first tenant has and the other does not. */
function ofFirstAlone(first: Listing, second: Listing, name: IdName): ReadonlySet<string> {
  const both = new Set(idsOf(second, name));
  return new Set(idsOf(first, name).filter((id) => !both.has(id)));
}

/** The deliveries that tell of what is the first tenant's alone, by org or device, each with what it tells of. */
function straysAmong(
  deliveries: readonly Delivery[],
  { orgs, devices, isolation }: Pick<Evidence, "orgs" | "devices" | "isolation">,
) {
  const orgIds = ofFirstAlone(orgs.listing, isolation.orgs, "org_id");
  const deviceIds = ofFirstAlone(devices.listing, isolation.devices, "device_id");
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

/** Whether a token tells anything that another tenant could be given: of nothing changed, nobody is told anything. */
const isTold = ({ own, theirs }: NonNullable<Evidence["isolation"]["foreignToken"]>): boolean =>
  theirs.response?.status !== 200 || listOf(objectOf(own), "data").length > 0;

/** What keeps one tenant from seeing what is another's. */
export const isolationChecks = [
  check("SEC-005", ["orgs", "sites", "devices", "isolation"], ({ orgs, sites, devices, isolation }) =>
    judgeEach(
      [
        ...shared(orgs.listing, isolation.orgs, "org_id"),
        ...shared(sites.listing, isolation.sites, "site_id"),
        ...shared(devices.listing, isolation.devices, "device_id"),
      ],
      "the other tenant's listings are empty, so nothing shows that its credential is good",
      ({ where, id, isShared }) =>
        isShared
          ? {
              where,
              expected: "nothing that the first tenant is shown",
              actual: show(id),
              hint: SAME_TENANT,
            }
          : null,
    ),
  ),
  check("SEC-006", ["isolation"], ({ isolation: { crossings } }) =>
    judgeEach(
      crossings.map((crossing) => ({ at: crossing.theirs.id, ...crossing })),
      "nothing was asked for",
      ({ theirs, nobodys }) =>
        meaningOf(theirs) === meaningOf(nobodys)
          ? null
          : {
              expected: `the answer to what does not exist, ${describeResponse(nobodys)}, to: ${theirs.purpose}`,
              actual: describeResponse(theirs),
              hint: "Look it up among the orgs of the credential: what is another's is not found there, and no other answer tells that it exists.",
            },
    ),
  ),
  check(
    "SEC-007",
    ["isolation"],
    ({ isolation: { cursors, foreignToken } }): Finding =>
      judgeEach(
        [...cursors, ...(foreignToken && isTold(foreignToken) ? [foreignToken.theirs] : [])].map(
          (exchange) => ({
            at: exchange.id,
            exchange,
          }),
        ),
        "the first tenant's listing gave no cursor, having one page; a longer inventory would show it",
        ({ exchange }) => {
          const given = listOf(objectOf(exchange), "data").length;
          return exchange.response?.status === 200 && given > 0
            ? {
                where: "/data",
                expected: "400 or 410, or an empty page",
                actual: `${given} items`,
                hint: "Bind a cursor or token to the credential it was given to, such as by a seal that covers both.",
              }
            : null;
        },
      ),
  ),
  check("SEC-008", ["orgs", "devices", "isolation", "otherTenant"], (evidence): Finding => {
    if (evidence.otherTenant === null) {
      return { outcome: "not-applicable", reason: "the manifest declares no webhooks: nothing is posted" };
    }
    const { created, changes, ownChanges, deliveries, deliveriesBeside } = evidence.otherTenant;
    const astray = straysAmong(deliveries, evidence);
    if (astray.length > 0) {
      return judgeEach(astray, "", ({ of }) => ({
        expected: `only events of its own orgs at the endpoint that another tenant registered by ${created.id}`,
        actual: `an event of ${of}, which is the first tenant's alone`,
        hint: "Choose endpoints by the orgs that their credential may see, when an event is posted and not only when it is listed.",
      }));
    }
    // That nothing came says something only beside what did: to the first tenant, and to the other of its own.
    const told = changes.flatMap((change) => findDelivery(change, deliveriesBeside) ?? []);
    const toldOther = ownChanges.flatMap((change) => findDelivery(change, deliveries) ?? []);
    const [first, other] = [told[0], toldOther[0]];
    if (!first || !other) {
      return {
        outcome: "could-not-run",
        reason: first
          ? "no webhook of its own came to the other tenant's endpoint, so nothing shows that any would; the key of --second-api-key has to be a sandbox's"
          : "no webhook of the first tenant's device came to its own endpoint; see EVT-001",
      };
    }
    return { outcome: "pass", cites: [created.id, first.id, other.id] };
  }),
];
