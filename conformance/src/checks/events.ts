import { EVENT_MEDIA_TYPE, eventSchemaOf, timestampSchema } from "@convergint/schemas";
import { DELIVERIES, deliveriesIn } from "../evidence/deliveries.ts";
import { declares } from "../evidence/manifest.ts";
import {
  findDelivery,
  findPublished,
  findReportedChanges,
  isReported,
  selectSuccessful,
} from "../evidence/match-deliveries.ts";
import {
  eventOf,
  eventsOf,
  isBatch,
  isObject,
  itemsOf,
  mediaTypeOf,
  memberOf,
  objectOf,
  textOf,
  toOrderKey,
} from "../evidence/read.ts";
import { compareStatusesAfter, compareStatusesAtEnd } from "../evidence/status-agreement.ts";
import { check } from "./check.ts";
import { judgeEach, NO_WEBHOOK, show } from "./finding.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

export const eventChecks = [
  check("EVT-001", ["health"], ({ health }) =>
    judgeEach(
      selectSuccessful(health.changes).map((change) => ({ at: change.command.id, change })),
      "no status was changed; see SBX-001",
      ({ change }) => {
        if (findDelivery(change, health.deliveries)) {
          const alike = isReported(change, health.otherDeliveries) || !isReported(change, health.deliveries);
          return alike
            ? null
            : {
                expected: `at every registered endpoint, a webhook that reports device ${change.deviceId} as ${change.status}`,
                actual:
                  "the webhook arrived at the endpoint registered last, but not at the endpoint registered before it",
                hint: "Post to every registered endpoint. A new registration does not replace an old one.",
              };
        }
        return {
          expected: `within ${health.latencySeconds} s, a webhook that reports device ${change.deviceId} as ${change.status}`,
          actual: `no such webhook in ${change.waitedSeconds.toFixed(1)} s; ${health.deliveries.length} deliveries arrived in total`,
          hint:
            health.deliveries.length > 0
              ? "Other deliveries arrived, so the endpoint is reachable. Check what is different for this device or its type."
              : "Nothing arrived at all. Check that your cloud can reach the receiver (--public-url), and check your outbound queue.",
        };
      },
    ),
  ),

  check(
    "EVT-002",
    ["discovery", ...DELIVERIES],
    ({ discovery, families, installationEvents, ...evidence }) => {
      // Events that the suite requested for an optional family are judged only by that family's requirement.
      const judgedElsewhere = new Set(
        [
          ...(families?.events ?? []).map((each) => findPublished(each, families?.deliveries ?? [])),
          ...(installationEvents?.steps ?? []).map((each) =>
            findPublished(each, installationEvents?.deliveries ?? []),
          ),
        ].map((published) => textOf(published?.event ?? null, "id")),
      );
      const takesBatches = declares(objectOf(discovery.manifest), "webhooks.batching");
      return judgeEach(deliveriesIn(evidence), NO_WEBHOOK, ({ delivery }) => {
        // DLV-012 judges batches, if the manifest declares them.
        if (takesBatches && isBatch(delivery)) return null;
        const mediaType = mediaTypeOf(delivery.headers);
        if (mediaType !== EVENT_MEDIA_TYPE) {
          return {
            where: "content-type",
            expected: EVENT_MEDIA_TYPE,
            actual: show(mediaType),
            hint: isBatch(delivery)
              ? "This is a batch, but the manifest does not declare webhooks.batching. Post each event in a separate request, or declare webhooks.batching."
              : "Set Content-Type explicitly. The JSON helper of an HTTP client sends application/json.",
          };
        }
        const event = eventOf(delivery);
        if (event === null) {
          return {
            where: "body",
            expected: "one JSON object",
            actual: "something else",
            hint: "Send the event itself as the body, in UTF-8. Do not wrap it in an array, a JSON string or a form.",
          };
        }
        const id = textOf(event, "id");
        const isElsewhere = id !== null && judgedElsewhere.has(id);
        return findSchemaFailure(eventSchemaOf(isElsewhere ? "" : (textOf(event, "type") ?? "")), event);
      });
    },
  ),

  check("EVT-003", ["devices", "health"], ({ devices, health }) => {
    const listed = new Map(
      itemsOf(devices.listing).map(({ value }) => {
        const device = isObject(value) ? value : null;
        return [textOf(device, "device_id"), device];
      }),
    );
    return judgeEach(findReportedChanges(health), NO_WEBHOOK, ({ event, change }) => {
      const data = memberOf(event, "data");
      const device = listed.get(change.deviceId) ?? null;
      for (const name of ["device_id", "site_id", "org_id"]) {
        // EVT-002 reports a missing id.
        if (textOf(data, name) !== null && textOf(data, name) !== textOf(device, name)) {
          return {
            where: `/data/${name}`,
            expected: `${show(device?.[name])}, as in the inventory`,
            actual: show(data?.[name]),
            hint: "Send exactly the ids that GET /v1/devices returns. A consumer has no other way to find the device.",
          };
        }
      }
      return null;
    });
  }),

  check("EVT-004", ["health"], ({ health }) =>
    judgeEach(findReportedChanges(health), NO_WEBHOOK, ({ event, change }) => {
      const status = textOf(memberOf(event, "data"), "status");
      return status === null || status === change.status
        ? null
        : {
            where: "/data/status",
            expected: `${show(change.status)}, the status that the device was set to`,
            actual: show(status),
            hint: "Send the status after the change. Do not send the status before the change, or a constant.",
          };
    }),
  ),

  check("EVT-005", ["health"], ({ health }) =>
    judgeEach(
      findReportedChanges(health).filter(({ event }) => timestampSchema.safeParse(event?.["time"]).success),
      "no webhook arrived (see EVT-001), or no event has a valid time (see EVT-002)",
      ({ event, change }) => {
        const time = Date.parse(textOf(event, "time") ?? "");
        const off = time - Date.parse(change.triggeredAt);
        return Math.abs(off) <= CLOCK_TOLERANCE_MS
          ? null
          : {
              where: "/time",
              expected: `within 5 minutes of ${change.triggeredAt}, when the device changed`,
              actual: show(textOf(event, "time")),
              hint:
                Math.abs(off) % 900_000 < 30_000
                  ? "The time is off by a multiple of 15 minutes, so it is probably local time marked as UTC. Convert it to UTC."
                  : "Send the time when the change happened, from a synchronized clock.",
            };
      },
    ),
  ),

  check("EVT-006", ["health"], ({ health }) => {
    const bodies = new Map<string, string>();
    return judgeEach(
      health.deliveries
        .flatMap((delivery) => eventsOf(delivery).map((event) => ({ at: delivery.id, event })))
        .map(({ at, event }) => ({ at, id: textOf(event, "id"), body: JSON.stringify(event) }))
        .filter(({ id }) => id !== null),
      "no webhook arrived (see EVT-001), or no event has an id (see EVT-002)",
      ({ id, body }) => {
        const first = bodies.get(id ?? "");
        bodies.set(id ?? "", first ?? body);
        return first === undefined || first === body
          ? null
          : {
              where: "/id",
              expected: "an id that no other event has",
              actual: show(id),
              hint: "Generate a new id, such as a UUID, for each event. A consumer discards a reused id as a duplicate.",
            };
      },
    );
  }),

  check("EVT-007", ["health"], ({ health, outage, closing }) => {
    const lookedUp = selectSuccessful(health.changes).flatMap(({ inventoryAfter, deviceId, ...change }) => {
      const webhook = findDelivery({ deviceId, ...change }, health.deliveries);
      const { id: at, startedAt: askedAt } = inventoryAfter;
      const shown = objectOf(inventoryAfter)?.["status"];
      const expected = `${show(change.status)} for device ${deviceId}, the status that it was set to`;
      return webhook
        ? [{ at, where: "/status", askedAt, webhook, expected, shown, agrees: shown === change.status }]
        : [];
    });
    const listed = [
      ...(outage ? compareStatusesAfter(outage.healthy.deliveries, outage.listingAfter) : []),
      ...(closing ? compareStatusesAtEnd(closing) : []),
    ].map(({ at, pointer, askedAt, deviceId, last, listed: shown, agrees }) => {
      const expected = `${show(last.status)} for device ${deviceId}, as in its latest event`;
      return { at, where: `${pointer}/status`, askedAt, webhook: last.delivery, expected, shown, agrees };
    });
    return judgeEach(
      [...lookedUp, ...listed],
      NO_WEBHOOK,
      ({ where, askedAt, webhook, expected, shown, agrees }) => {
        if (agrees) return null;
        const seconds = (Date.parse(askedAt) - Date.parse(webhook.receivedAt)) / 1000;
        return {
          where,
          expected: `${expected}; the webhook with this status (${webhook.id}) arrived ${seconds.toFixed(1)} s before this call`,
          actual: show(shown),
          hint: "Commit the status before you post the event. If you already do that, check whether a stale copy answered this call, such as a cache or a lagging replica.",
        };
      },
    );
  }),

  check("EVT-008", ["health"], ({ health }) => {
    const reported = findReportedChanges(health);
    const pairs = reported.flatMap((later) => {
      const earlier = reported.findLast(
        ({ change }) =>
          change.deviceId === later.change.deviceId && change.triggeredAt < later.change.triggeredAt,
      );
      const before = toOrderKey(earlier?.event ?? null);
      const after = toOrderKey(later.event);
      return before !== null && after !== null ? [{ at: later.at, before, after }] : [];
    });
    return judgeEach(
      pairs,
      "no device had two changes reported by webhooks with a valid time",
      ({ before, after }) =>
        before < after
          ? null
          : {
              where: "/time",
              expected: `later than ${before.trim()}, the value for the device's previous change`,
              actual: after.trim(),
              hint: "Send time with fractions of a second, or add a sequence that increases. Events may arrive in any order, and nothing else shows which event is the latest.",
            },
    );
  }),
];
