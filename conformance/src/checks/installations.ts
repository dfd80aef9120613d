import { deviceSchema, pingAcceptedSchema } from "@convergint/schemas";
import type { Step } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { findPublished } from "../evidence/match-deliveries.ts";
import { idsOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, judgeMixed, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findEventTypeFailure, findSchemaFailure } from "./schema-failures.ts";

/** Why no device was moved, where the sandbox offers to. */
export const NOWHERE_TO_MOVE =
  "no device was put up that could be moved to another site of its org; use a tenant with an org of two sites, and see SBX-006";

type Wrong = Omit<Failure, "at"> | null;

const IN_EARNEST =
  "A command of the sandbox does what happens in earnest: change the inventory at once, and answer as the contract says.";

const isSuccess = ({ command: { response } }: Step): boolean =>
  response !== null && response.status >= 200 && response.status < 300;

const siteOf = ({ lookedUp }: Step) => textOf(objectOf(lookedUp), "site_id");

/** What keeps each command from having worked as the contract says. */
function broken({ siteId, otherSiteId, added, moved, removed, published }: Evidence["installation"]) {
  const wrong = {
    added: (step: Step): Wrong => {
      const { command, lookedUp } = step;
      if (command.response?.status !== 201)
        return { expected: "201 with the device", actual: describeResponse(command), hint: IN_EARNEST };
      return (
        findSchemaFailure(deviceSchema, objectOf(command)) ??
        (lookedUp.response?.status === 200 && siteOf(step) === siteId
          ? null
          : {
              expected: `the device to be at site ${siteId} from then on`,
              actual: describeResponse(lookedUp),
              hint: IN_EARNEST,
            })
      );
    },
    moved: (step: Step): Wrong => {
      const { command } = step;
      if (command.response?.status !== 200) {
        return {
          expected: "200 with the device at its new site",
          actual: describeResponse(command),
          hint: IN_EARNEST,
        };
      }
      // Whether the inventory shows it is INV-014's matter.
      return findSchemaFailure(deviceSchema, objectOf(command));
    },
    removed: ({ command, lookedUp, deviceId }: Step): Wrong => {
      if (command.response?.status !== 204)
        return { expected: "204", actual: describeResponse(command), hint: IN_EARNEST };
      // What is answered instead is INV-006's matter.
      return textOf(objectOf(lookedUp), "device_id") === deviceId
        ? {
            expected: `404 for the device that was taken down, when ${deviceId} is looked up`,
            actual: `204 to the DELETE, and then ${describeResponse(lookedUp)} to GET /v1/devices/${deviceId}`,
            hint: IN_EARNEST,
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
            find: (): Wrong =>
              published.response?.status === 202
                ? findSchemaFailure(pingAcceptedSchema, objectOf(published))
                : {
                    expected: "202 with the event's id",
                    actual: describeResponse(published),
                    hint: IN_EARNEST,
                  },
          },
        ]
      : []),
  ];
}

/** What keeps a step from having been posted as its event, and from being in inventory. */
function unposted(
  step: Evidence["installationEvents"]["steps"][number],
  deliveries: Evidence["installationEvents"]["deliveries"],
): Wrong {
  const { type, deviceId, siteId, waitedSeconds, lookedUp } = step;
  const published = findPublished(step, deliveries);
  if (!published) {
    return {
      expected: `a webhook with ${type} of device ${deviceId}`,
      actual: `none in ${waitedSeconds.toFixed(1)} s`,
      hint: "Post it in the moment that the inventory shows it, or take the type out of the manifest.",
    };
  }
  const wrong = findEventTypeFailure(type, published);
  if (wrong) return wrong;
  const told = textOf(memberOf(published.event, "data"), "site_id");
  if (told !== siteId) {
    return {
      where: "/data/site_id",
      expected: `${show(siteId)}, where device ${deviceId} is after this`,
      actual: show(told),
      hint: "Make the event of the record as it is after the change; the site that a device came from is previous_site_id.",
    };
  }
  const isGone = type.includes(".removed.");
  const agrees = isGone ? textOf(objectOf(lookedUp), "device_id") !== deviceId : siteOf(step) === siteId;
  return agrees
    ? null
    : {
        expected: isGone
          ? "404 for the device from then on"
          : `the device at site ${siteId} in inventory from then on`,
        actual: `${describeResponse(lookedUp)}${siteOf(step) === null ? "" : `, with the site_id ${show(siteOf(step))}`}`,
        hint: "Write the change to the inventory first, and publish its event from there: whoever is told asks at once.",
      };
}

export const installationChecks = [
  check("INV-014", ["installation"], ({ installation: { moved, siteId, otherSiteId } }): Finding => {
    if (!moved || otherSiteId === null) return { outcome: "could-not-run", reason: NOWHERE_TO_MOVE };
    return judgeEach(
      isSuccess(moved) ? [{ at: moved.lookedUp.id }] : [],
      "no device was moved; see SBX-006",
      () => {
        const device = objectOf(moved.lookedUp);
        if (textOf(device, "site_id") !== otherSiteId) {
          return {
            where: "/site_id",
            expected: `${show(otherSiteId)}, where device ${moved.deviceId} was moved`,
            actual: device ? show(device["site_id"]) : describeResponse(moved.lookedUp),
            hint: "A device keeps its id when it moves; a new one would leave the old one behind as lost.",
          };
        }
        if (!idsOf(moved.there, "device_id").includes(moved.deviceId)) {
          return {
            expected: `the device ${moved.deviceId} in the listing of site ${otherSiteId}`,
            actual: "it is not listed there",
            hint: "Filter by the site that the device is at now, and drop what caches that listing when a device moves.",
          };
        }
        return idsOf(moved.hereStill, "device_id").includes(moved.deviceId)
          ? {
              expected: `the device ${moved.deviceId} no longer in the listing of site ${siteId}`,
              actual: "it is listed at both",
              hint: "Filter by the site that the device is at now, and drop what caches that listing when a device moves.",
            }
          : null;
      },
    );
  }),

  check("SBX-006", ["installation"], ({ installation }): Finding => {
    const subjects = broken(installation);
    if (subjects.length === 0) {
      return {
        outcome: "not-applicable",
        reason: "the manifest's sandbox offers no command but status, which SBX-001 judges",
      };
    }
    return judgeMixed(subjects, "");
  }),

  check("EVT-014", ["installationEvents"], ({ installationEvents: { steps, deliveries } }) =>
    judgeEach(
      steps.filter(isSuccess).map((step) => ({
        at: findPublished(step, deliveries)?.delivery.id ?? step.command.id,
        step,
      })),
      "no device was added, moved or removed; see SBX-006",
      ({ step }) => unposted(step, deliveries),
    ),
  ),
];
