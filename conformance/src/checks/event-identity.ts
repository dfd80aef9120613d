import { isDeepStrictEqual } from "node:util";
import { DELIVERIES, deliveriesIn, eventsIn } from "../evidence/deliveries.ts";
import { findAttempts, findReportedChanges, isReportOf } from "../evidence/match-deliveries.ts";
import { eventsOf, memberOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

const NO_WEBHOOK = "no webhook came; see EVT-001";
const MOST_BYTES = 256 * 1024;

/** The characters of a URI reference (RFC 3986, appendix A); a percent sign stands before two hex digits. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

export const eventIdentityChecks = [
  check("EVT-009", ["health"], ({ health }) => {
    const pairs = findReportedChanges(health).flatMap(({ at, change, event }) => {
      const telling = textOf(memberOf(event, "data"), "status") === change.status;
      // One that says another status is EVT-004's matter.
      if (!event || !telling) return [];
      const here = new Set(
        health.deliveries
          .flatMap(eventsOf)
          .filter((each) => isReportOf(change, each))
          .map(({ id }) => id),
      );
      const beside = findAttempts(change, health.deliveriesBeside).flatMap((delivery) =>
        eventsOf(delivery)
          .filter((other) => isReportOf(change, other))
          .map((other) => ({ other, besideAt: delivery.id })),
      );
      // A device may take a status twice, as one behind a connector does: an event that came here as well is told apart
      // by its id. That one came to one endpoint alone is EVT-001's matter, and that two have one id is EVT-006's.
      const withId = beside.filter(({ other }) => other["id"] === event["id"]);
      const same =
        withId.find(({ other }) => isDeepStrictEqual(other, event)) ??
        withId[0] ??
        beside.find(({ other }) => !here.has(other["id"]));
      return same ? [{ at, event, ...same }] : [];
    });
    return judgeEach(pairs, `${NO_WEBHOOK}, or none at two endpoints`, ({ event, other, besideAt }) => {
      if (event["id"] !== other["id"]) {
        return {
          where: "/id",
          expected: `${show(other["id"])}, as in ${besideAt}, the same event at another endpoint`,
          actual: show(event["id"]),
          hint: "Make an event's id when it happens, not when it is posted: consumers know it again by that.",
        };
      }
      const name = Object.keys({ ...other, ...event }).find(
        (member) => !isDeepStrictEqual(event[member], other[member]),
      );
      return name === undefined
        ? null
        : {
            where: `/${name}`,
            expected: `${show(other[name])}, as in ${besideAt}, the same event at another endpoint`,
            actual: show(event[name]),
            hint: "Make the event once, when it happens, and post the same bytes to every endpoint; count per device, not per endpoint.",
          };
    });
  }),

  check("EVT-010", DELIVERIES, (evidence) => {
    const ofOrg = new Map<string, string>();
    const sources = eventsIn(evidence).flatMap(({ at, event }) => {
      const source = textOf(event, "source");
      return source === null ? [] : [{ at, source, orgId: textOf(memberOf(event, "data"), "org_id") }];
    });
    return judgeEach(sources, `${NO_WEBHOOK}, or none with a source; see EVT-002`, ({ source, orgId }) => {
      if (!URI_REFERENCE.test(source)) {
        return {
          where: "/source",
          expected: "a URI reference, such as urn:yourcompany:org:4711",
          actual: show(source),
          hint: "No spaces and no letters beyond ASCII; or percent-encode them.",
        };
      }
      if (orgId === null) return null;
      const first = ofOrg.get(orgId) ?? source;
      ofOrg.set(orgId, first);
      return first === source
        ? null
        : {
            where: "/source",
            expected: `${show(first)}, as in the other events of org ${show(orgId)}`,
            actual: show(source),
            hint: "Name the vendor and the org in source; which device it was stands in data and subject.",
          };
    });
  }),

  check("EVT-011", ["health"], ({ health }) =>
    judgeEach(
      findReportedChanges(health).filter(
        ({ event }) => textOf(memberOf(event, "data"), "device_id") !== null,
      ),
      `${NO_WEBHOOK}, or none with a device_id; see EVT-002`,
      ({ event }) => {
        const deviceId = textOf(memberOf(event, "data"), "device_id");
        return event?.["subject"] === deviceId
          ? null
          : {
              where: "/subject",
              expected: `the event's device_id, ${show(deviceId)}`,
              actual: show(event?.["subject"]),
              hint: "The bare device_id, with no path before it.",
            };
      },
    ),
  ),

  check("EVT-012", DELIVERIES, (evidence) =>
    judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) => {
      const bytes = Buffer.byteLength(delivery.bodyBase64, "base64");
      return bytes <= MOST_BYTES
        ? null
        : {
            where: "body",
            expected: `at most ${MOST_BYTES} bytes`,
            actual: `${bytes} bytes`,
            hint: "Send a link to a picture or a recording, not the thing itself.",
          };
    }),
  ),
];
