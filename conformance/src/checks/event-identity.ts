import { isDeepStrictEqual } from "node:util";
import { DEVICE_ADDED, DEVICE_REMOVED, DEVICE_UPDATED } from "@convergint/schemas";
import {
  DELIVERIES,
  deliveriesByEndpoint,
  deliveriesIn,
  eventsIn,
  findRequestedEvents,
} from "../evidence/deliveries.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findReportedChanges, findReports, isNews, isReportOf } from "../evidence/match-deliveries.ts";
import { eventsOf, type JsonObject, memberOf, textOf } from "../evidence/read.ts";
import { findPlaces } from "../evidence/traffic.ts";
import { check } from "./check.ts";
import { judgeEach, NO_WEBHOOK, show } from "./finding.ts";

const INVENTORY_EVENTS: readonly string[] = [DEVICE_ADDED, DEVICE_UPDATED, DEVICE_REMOVED];

const MAX_BYTES = 256 * 1024;

/** The characters of a URI reference (RFC 3986, appendix A); a percent sign precedes two hex digits. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/**
 * Returns each event that also arrived at another endpoint, together with the event that arrived there. That
 * event has the same source and id. If the suite requested the event, the two may also differ only in their
 * ids.
 */
function findCounterparts(evidence: Pick<Evidence, "health" | "lifecycle"> & Partial<Evidence>) {
  const [kept = [], ...others] = deliveriesByEndpoint(evidence).map((deliveries) => {
    const first = new Map<string, { readonly at: string; readonly event: JsonObject }>();
    const reused = new Set<string>();
    for (const { id: at, event } of deliveries.flatMap((delivery) =>
      eventsOf(delivery).map((each) => ({ id: delivery.id, event: each })),
    )) {
      const key = JSON.stringify([event["source"], event["id"]]);
      const before = first.get(key);
      if (before === undefined) first.set(key, { at, event });
      else if (!isDeepStrictEqual(before.event, event)) reused.add(key);
    }
    // DLV-002 and EVT-006 report an id with several contents at one endpoint.
    for (const key of reused) first.delete(key);
    return first;
  });
  const there = new Map(kept);
  const named = others.flatMap((endpoint) =>
    [...endpoint].flatMap(([key, { at, event }]) => {
      const same = there.get(key);
      return same ? [{ at, event, other: same.event, otherAt: same.at }] : [];
    }),
  );
  const ids = new Set([...there.values()].map(({ event }) => event["id"]));
  const renamed = findRequestedEvents(evidence)
    .filter(({ event }) => !ids.has(event["id"]))
    .flatMap(({ event, delivery }) => {
      const alike = [...there.values()].find((each) =>
        isDeepStrictEqual({ ...each.event, id: "" }, { ...event, id: "" }),
      );
      return alike ? [{ at: delivery.id, event, other: alike.event, otherAt: alike.at }] : [];
    });
  return [...named, ...renamed];
}

/**
 * Returns the events of one endpoint, and for each event whether an earlier, different event had the same id.
 * Leaves out retries of refused deliveries, because DLV-002 judges them.
 */
function findReusedIds(deliveries: readonly Delivery[]) {
  const first = new Map<string, { readonly event: JsonObject; readonly isAccepted: boolean }>();
  return deliveries.flatMap((delivery) =>
    eventsOf(delivery).flatMap((event) => {
      const id = textOf(event, "id");
      if (id === null) return [];
      const before = first.get(id);
      const { answeredStatus } = delivery;
      const isAccepted = answeredStatus !== null && answeredStatus < 300;
      if (before === undefined || !before.isAccepted) first.set(id, { event, isAccepted });
      return [
        {
          at: delivery.id,
          id,
          isReused: before?.isAccepted === true && !isDeepStrictEqual(before.event, event),
        },
      ];
    }),
  );
}

/** What to change if an event has several ids. */
export const ONE_ID =
  "Generate an event's id once, when the event happens, so that every endpoint gets the same id. Consumers use the id to recognize duplicates.";

export const eventIdentityChecks = [
  check("EVT-003", ["devices", ...DELIVERIES], ({ health, ...evidence }) => {
    const places = findPlaces({ health, ...evidence });
    const reported = findReportedChanges(health).map(({ at, event, change }) => ({
      at,
      event,
      deviceId: change.deviceId,
    }));
    const happened = eventsIn({ health, ...evidence });
    // The device of an earlier event may be gone by now, and so may a device that was added during the run.
    const { endpoints } = evidence;
    const since = endpoints.created === undefined ? endpoints.since : endpoints.created.startedAt;
    const passing = new Set(
      happened
        .filter(({ event }) => INVENTORY_EVENTS.includes(String(event["type"])))
        .map(({ event }) => textOf(memberOf(event, "data"), "device_id")),
    );
    const all = happened.flatMap(({ at, event }) => {
      const deviceId = textOf(memberOf(event, "data"), "device_id");
      const isPassing = !places.has(deviceId ?? "") && passing.has(deviceId);
      const isEarlier = Date.parse(textOf(event, "time") ?? "") < Date.parse(since);
      // EVT-002 reports a missing id.
      return deviceId === null || isPassing || isEarlier ? [] : [{ at, event, deviceId }];
    });
    return judgeEach([...reported, ...all], NO_WEBHOOK, ({ event, deviceId }) => {
      const data = memberOf(event, "data");
      const listed = places.get(deviceId);
      const hint =
        "Send exactly the ids that GET /v1/devices returns. A consumer has no other way to find the device.";
      if (data?.["device_id"] !== undefined && (data["device_id"] !== deviceId || !listed)) {
        return {
          where: "/data/device_id",
          expected: listed ? `${show(deviceId)}, as in inventory` : "a device in the inventory",
          actual: show(data["device_id"]),
          hint,
        };
      }
      const served = Array.isArray(data?.["affected_site_ids"]) ? data["affected_site_ids"] : [];
      for (const name of ["site_id", "org_id"] as const) {
        const value = textOf(data, name);
        const isRight = value === null || listed?.some((place) => place[name] === value) !== false;
        // The site of a connector's event is any of the sites that the connector serves.
        if (!isRight && !(name === "site_id" && served.includes(value))) {
          return {
            where: `/data/${name}`,
            expected: `${show(listed?.at(-1)?.[name])}, as in inventory`,
            actual: show(value),
            hint,
          };
        }
      }
      return null;
    });
  }),

  check("EVT-006", DELIVERIES, (evidence) =>
    judgeEach(
      deliveriesByEndpoint(evidence).flatMap(findReusedIds),
      "no webhook arrived (see EVT-001), or no event has an id (see EVT-002)",
      ({ id, isReused }) =>
        isReused
          ? {
              where: "/id",
              expected: "an id that no other event has",
              actual: show(id),
              hint: "Generate a new id, such as a UUID, for each event. A consumer discards a reused id as a duplicate.",
            }
          : null,
    ),
  ),

  check("EVT-009", DELIVERIES, ({ health, ...evidence }) => {
    const pairs = findReportedChanges(health).flatMap(({ at, change, event }) => {
      const hasStatus = textOf(memberOf(event, "data"), "status") === change.status;
      // EVT-004 reports an event whose status differs from the device's new status.
      if (!event || !hasStatus) return [];
      const here = new Set(
        health.deliveries
          .flatMap(eventsOf)
          .filter((each) => isReportOf(change, each))
          .map(({ id }) => id),
      );
      const others = findReports(change, health.otherDeliveries ?? []).flatMap((delivery) =>
        eventsOf(delivery)
          .filter((other) => isReportOf(change, other))
          .map((other) => ({ other, otherAt: delivery.id })),
      );
      // A device (for example behind a connector) may take the same status twice, so this code compares
      // events by id. EVT-001 reports an event that is missing at one endpoint. EVT-006 reports a reused id.
      const withId = others.filter(({ other }) => other["id"] === event["id"]);
      // If the other endpoint has no event with this id, the event may have arrived there with another id.
      // Such an event reports the same change, so it arrived after the events that preceded the change.
      const unknown = others.filter(
        ({ other }) => !here.has(other["id"]) && isNews(change, other, health.deliveries),
      );
      const same =
        withId.find(({ other }) => isDeepStrictEqual(other, event)) ??
        withId[0] ??
        unknown.find(({ other }) => other["time"] === event["time"]) ??
        unknown[0];
      return same ? [{ at, event, ...same }] : [];
    });
    return judgeEach(
      [...pairs, ...findCounterparts({ health, ...evidence })],
      "no webhook arrived (see EVT-001), or no event arrived at two endpoints",
      ({ event, other, otherAt }) => {
        if (event["id"] !== other["id"]) {
          return {
            where: "/id",
            expected: `${show(other["id"])}, as in ${otherAt}, the same event at another endpoint`,
            actual: show(event["id"]),
            hint: ONE_ID,
          };
        }
        const name = Object.keys({ ...other, ...event }).find(
          (member) => !isDeepStrictEqual(event[member], other[member]),
        );
        return name === undefined
          ? null
          : {
              where: `/${name}`,
              expected: `${show(other[name])}, as in ${otherAt}, the same event at another endpoint`,
              actual: show(event[name]),
              hint: "Build the event once, when it happens, and post the same bytes to every endpoint. Count sequences per device, not per endpoint.",
            };
      },
    );
  }),

  check("EVT-010", DELIVERIES, (evidence) => {
    const ofOrg = new Map<string, string>();
    const sources = eventsIn(evidence).flatMap(({ at, event }) => {
      const source = textOf(event, "source");
      return source === null ? [] : [{ at, source, orgId: textOf(memberOf(event, "data"), "org_id") }];
    });
    return judgeEach(
      sources,
      "no webhook arrived (see EVT-001), or no event has a source (see EVT-002)",
      ({ source, orgId }) => {
        if (!URI_REFERENCE.test(source)) {
          return {
            where: "/source",
            expected: "a URI reference, such as urn:yourcompany:org:4711",
            actual: show(source),
            hint: "Remove spaces and non-ASCII characters from source, or percent-encode them.",
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
              hint: "Identify only the vendor and the org in source. The device belongs in data and subject.",
            };
      },
    );
  }),

  check("EVT-011", ["health"], ({ health }) =>
    judgeEach(
      findReportedChanges(health).filter(
        ({ event }) => textOf(memberOf(event, "data"), "device_id") !== null,
      ),
      "no webhook arrived (see EVT-001), or no event has a device_id (see EVT-002)",
      ({ event }) => {
        const deviceId = textOf(memberOf(event, "data"), "device_id");
        return event?.["subject"] === deviceId
          ? null
          : {
              where: "/subject",
              expected: `the event's device_id, ${show(deviceId)}`,
              actual: show(event?.["subject"]),
              hint: "Set subject to the bare device_id, without a path or prefix.",
            };
      },
    ),
  ),

  check("EVT-012", DELIVERIES, (evidence) =>
    judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) => {
      const bytes = Buffer.byteLength(delivery.bodyBase64, "base64");
      return bytes <= MAX_BYTES
        ? null
        : {
            where: "body",
            expected: `at most ${MAX_BYTES} bytes`,
            actual: `${bytes} bytes`,
            hint: "The event is too large. If it contains an image or a recording, send a link instead.",
          };
    }),
  ),
];
