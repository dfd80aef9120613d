import {
  DEVICE_ADDED,
  DEVICE_REMOVED,
  DEVICE_UPDATED,
  deviceSchema,
  pingAcceptedSchema,
} from "@convergint/schemas";
import type { Step } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import { readPostedTypes } from "../evidence/manifest.ts";
import { findPublished, selectSuccessful } from "../evidence/match-deliveries.ts";
import {
  entriesOf,
  idsOf,
  isFromAfter,
  isSuccess,
  memberOf,
  objectOf,
  SMALLEST_ESTATE,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import {
  type Finding,
  judgeAfterChange,
  judgeEach,
  judgeMixed,
  type Problem,
  show,
  withUnseen,
} from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findEventTypeFailure, findSchemaFailure } from "./schema-failures.ts";

/** Reason for `could-not-run` if the sandbox can move devices, but no device was moved. */
export const NOWHERE_TO_MOVE = `the suite could not add a device and move it to another site of the same org; use a tenant in which an org has two sites, and see SBX-006. ${SMALLEST_ESTATE}`;

const AS_IN_PRODUCTION =
  "A sandbox command must have the same effect as the real event. Change the inventory immediately, and send the response that the contract defines.";

const siteOf = ({ lookedUp }: Step) => textOf(objectOf(lookedUp), "site_id");

/**
 * Returns the sandbox's commands, each with a function that returns how the command deviated from the
 * contract.
 */
function listCommandTests({
  siteId,
  otherSiteId,
  added,
  moved,
  removed,
  published,
  unknownType,
  atUnknownSite = [],
}: Evidence["installation"]) {
  const wrong = {
    added: (step: Step): Problem | null => {
      const { command, lookedUp } = step;
      if (command.response?.status !== 201)
        return { expected: "201 with the device", actual: describeResponse(command), hint: AS_IN_PRODUCTION };
      return (
        findSchemaFailure(deviceSchema, objectOf(command)) ??
        (lookedUp.response?.status === 200 && siteOf(step) === siteId
          ? null
          : {
              expected: `the device at site ${siteId} from now on`,
              actual: describeResponse(lookedUp),
              hint: AS_IN_PRODUCTION,
            })
      );
    },
    moved: (step: Step): Problem | null => {
      const { command } = step;
      if (command.response?.status !== 200) {
        return {
          expected: "200 with the device at its new site",
          actual: describeResponse(command),
          hint: AS_IN_PRODUCTION,
        };
      }
      // INV-014 judges whether the inventory shows the move.
      return findSchemaFailure(deviceSchema, objectOf(command));
    },
    removed: ({ command, lookedUp, deviceId }: Step): Problem | null => {
      if (command.response?.status !== 204)
        return { expected: "204", actual: describeResponse(command), hint: AS_IN_PRODUCTION };
      // INV-006 judges the response for an unknown device.
      return textOf(objectOf(lookedUp), "device_id") === deviceId
        ? {
            expected: `404 when the removed device ${deviceId} is looked up`,
            actual: `204 to the DELETE, then ${describeResponse(lookedUp)} to GET /v1/devices/${deviceId}`,
            hint: AS_IN_PRODUCTION,
          }
        : null;
    },
  };
  return [
    ...(added ? [{ at: added.command.id, find: () => wrong.added(added) }] : []),
    ...(moved && otherSiteId !== null ? [{ at: moved.command.id, find: () => wrong.moved(moved) }] : []),
    ...(removed ? [{ at: removed.command.id, find: () => wrong.removed(removed) }] : []),
    ...(published
      ? [
          {
            at: published.id,
            find: (): Problem | null =>
              published.response?.status === 202
                ? findSchemaFailure(pingAcceptedSchema, objectOf(published))
                : {
                    expected: "202 with the event's id",
                    actual: describeResponse(published),
                    hint: AS_IN_PRODUCTION,
                  },
          },
        ]
      : []),
    ...atUnknownSite.map((exchange) => ({
      at: exchange.id,
      find: (): Problem | null =>
        exchange.response?.status === 404
          ? null
          : {
              expected: `404 for a site that does not exist, to: ${exchange.purpose}`,
              actual: describeResponse(exchange),
              hint: "Look up the site_id of a command among the sites that the credential may see, and answer 404 with a problem if there is none.",
            },
    })),
    ...(unknownType
      ? [
          {
            at: unknownType.id,
            find: (): Problem | null =>
              unknownType.response?.status === 400
                ? null
                : {
                    expected: "400 for an event type that the device does not have",
                    actual: describeResponse(unknownType),
                    hint: "Accept only event types that the catalogue lists for the device's type. An event that cannot occur in production tests nothing.",
                  },
          },
        ]
      : []),
  ];
}

/**
 * Returns a problem if a step's event was not posted or the inventory does not show the step; `null`
 * otherwise.
 */
function findPostingProblem(
  step: Evidence["installationEvents"]["steps"][number],
  deliveries: Evidence["installationEvents"]["deliveries"],
): Problem | null {
  const { type, deviceId, siteId, waitedSeconds, lookedUp } = step;
  const published = findPublished(step, deliveries);
  if (!published) {
    return {
      expected: `a webhook with ${type} for device ${deviceId}`,
      actual: `none in ${waitedSeconds.toFixed(1)} s`,
      hint: "Post an event of this type when the inventory shows the change. If you do not send this event type, remove it from the manifest.",
    };
  }
  const wrong = findEventTypeFailure(type, published);
  if (wrong) return wrong;
  const postedSite = textOf(memberOf(published.event, "data"), "site_id");
  if (postedSite !== siteId) {
    return {
      where: "/data/site_id",
      expected: `${show(siteId)}, where device ${deviceId} is after this change`,
      actual: show(postedSite),
      hint: "Build the event from the record after the change. The site that the device left belongs in previous_site_id.",
    };
  }
  const isGone = type.includes(".removed.");
  const shown = objectOf(lookedUp);
  for (const name of isGone ? [] : ["name", "type"]) {
    const posted = memberOf(published.event, "data")?.[name];
    if (shown && textOf(shown, "device_id") === deviceId && posted !== shown[name]) {
      return {
        where: `/data/${name}`,
        expected: `${show(shown[name])}, as in the lookup of the device (${lookedUp.id})`,
        actual: show(posted),
        hint: "Build the event from the record after the change. Consumers store what the event says.",
      };
    }
  }
  const agrees = isGone ? textOf(objectOf(lookedUp), "device_id") !== deviceId : siteOf(step) === siteId;
  return agrees
    ? null
    : {
        expected: isGone
          ? "404 for the device from now on"
          : `the device at site ${siteId} in the inventory from now on`,
        actual: `${describeResponse(lookedUp)}${siteOf(step) === null ? "" : `, with the site_id ${show(siteOf(step))}`}`,
        hint: "Commit the change to the inventory before you publish its event. A consumer may query the inventory as soon as it receives the event.",
      };
}

export const installationChecks = [
  check("INV-014", ["installation"], ({ installation: { moved, siteId, otherSiteId } }): Finding => {
    if (!moved || otherSiteId === null) return { outcome: "could-not-run", reason: NOWHERE_TO_MOVE };
    if (!isSuccess(moved.command)) {
      return { outcome: "could-not-run", reason: "no device was moved; see SBX-006" };
    }
    const { deviceId, command, lookedUp, there, hereStill, elsewhere = [] } = moved;
    const device = objectOf(lookedUp);
    const found = {
      at: lookedUp.id,
      isDue: true,
      problem:
        textOf(device, "site_id") === otherSiteId
          ? null
          : {
              where: "/site_id",
              expected: `${show(otherSiteId)}, where device ${deviceId} was moved to`,
              actual: device ? show(device["site_id"]) : describeResponse(lookedUp),
              hint: "When a device moves, keep its id and change only its site_id. If you send a new id, the consumer keeps the old device and shows it as lost.",
            },
    };
    const isListed = (listing: Listing) => idsOf(listing, "device_id").includes(deviceId);
    const inListing = (listing: Listing, problem: Problem | null) => ({
      at: listing.pages[0]?.id ?? lookedUp.id,
      isDue: isFromAfter(command, listing),
      problem,
    });
    const BY_SITE =
      "Filter by the device's current site. When a device moves, invalidate cached listings of both sites.";
    const atNewSite = isListed(there)
      ? null
      : {
          expected: `the device ${deviceId} in the listing of site ${otherSiteId}`,
          actual: "the device is not listed there",
          hint: BY_SITE,
        };
    const atOldSite = isListed(hereStill)
      ? {
          expected: `the device ${deviceId} no longer in the listing of site ${siteId}`,
          actual: "the device is listed at both sites",
          hint: BY_SITE,
        }
      : null;
    const withNewSite = (listing: Listing): Problem | null => {
      const item = entriesOf(listing).find(({ value }) => value["device_id"] === deviceId);
      if (item?.value["site_id"] === otherSiteId) return null;
      return {
        ...(item && { where: `${item.pointer}/site_id` }),
        expected: `the device ${deviceId} with its new site ${show(otherSiteId)}`,
        actual: item ? show(item.value["site_id"]) : "the device is not listed",
        hint: "When a device moves, update it in every listing: without a filter, by org and by site. Invalidate cached listings.",
      };
    };
    return judgeAfterChange(
      [
        found,
        inListing(there, atNewSite),
        inListing(hereStill, atOldSite),
        ...elsewhere.map((listing) => inListing(listing, withNewSite(listing))),
      ],
      "",
    );
  }),

  check("SBX-006", ["installation"], ({ installation }): Finding => {
    const subjects = listCommandTests(installation);
    if (subjects.length === 0) {
      return {
        outcome: "not-applicable",
        reason: "the manifest declares no sandbox command except status, and SBX-001 judges that command",
      };
    }
    const { added } = installation;
    // A declared type may need more than the command has: a door, for example, needs a controller.
    if (
      added?.command.response?.status === 400 &&
      subjects.every(({ at, find }) => at === added.command.id || !find())
    ) {
      return {
        outcome: "could-not-run",
        reason: `the sandbox refused to add a device of any type that the suite tried: ${describeResponse(added.command)}. Let add_device accept a declared type with only site_id, type and name`,
      };
    }
    return judgeMixed(subjects, "");
  }),

  check("EVT-014", ["installationEvents"], ({ installationEvents: { steps, deliveries }, discovery }) => {
    const finding = judgeEach(
      selectSuccessful(steps).map((step) => ({
        at: findPublished(step, deliveries)?.delivery.id ?? step.command.id,
        step,
      })),
      "no device was added, moved or removed; see SBX-006",
      ({ step }) => findPostingProblem(step, deliveries),
    );
    const tested = selectSuccessful(steps).map(({ type }) => type);
    const declared = discovery ? readPostedTypes(discovery.manifest) : [];
    const untested = [DEVICE_ADDED, DEVICE_UPDATED, DEVICE_REMOVED].filter(
      (type) => declared.includes(type) && !tested.includes(type),
    );
    return withUnseen(
      finding,
      untested.length > 0
        ? `${untested.join(" and ")} was not tested: the sandbox cannot cause it, or no org has two sites`
        : null,
    );
  }),
];
