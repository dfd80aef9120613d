import { DEVICE_HEARTBEAT, EVENT_MEDIA_TYPE, eventSchemaOf, timestampSchema } from "@convergint/schemas";
import {
  DELIVERIES,
  deliveriesByEndpoint,
  deliveriesIn,
  findRequestedEvents,
} from "../evidence/deliveries.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { declares, readDeviceTypes, readPostedTypes } from "../evidence/manifest.ts";
import {
  findDelivery,
  findPublished,
  findReportedChanges,
  isReported,
  isReportOf,
  selectSuccessful,
} from "../evidence/match-deliveries.ts";
import {
  entriesOf,
  eventOf,
  eventsOf,
  isBatch,
  isSuccess,
  type JsonObject,
  mediaTypeOf,
  memberOf,
  objectOf,
  textOf,
  toOrderKey,
} from "../evidence/read.ts";
import { compareStatusesAfter, compareStatusesAtEnd } from "../evidence/status-agreement.ts";
import { PERSON_URL } from "../harness/person.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, NO_WEBHOOK, type Subject, show, withUnseen } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;
/** This limit is less than 5 minutes, because neither the time of an event nor its arrival is exact. */
export const HEARTBEAT_INTERVAL_MS = 290_000;

type Health = Evidence["health"];
type Parts = Pick<Evidence, "health"> & Partial<Evidence>;

/** Joins two lists: the changes of each device type, and the changes that set other statuses and reasons. */
const withVariants = (health: Health): Health => ({
  ...health,
  changes: [...health.changes, ...(health.variants ?? [])],
});

/** Whether a person changed the devices. */
const isByHand = ({ changes }: Pick<Health, "changes">): boolean =>
  changes.some(({ command }) => command.request.url === PERSON_URL);

/** Returns the type of each device, by device id. */
const typesOf = ({ devices }: Parts): ReadonlyMap<string, string> =>
  new Map(
    devices
      ? entriesOf(devices.listing).map(({ value }) => [
          textOf(value, "device_id") ?? "",
          textOf(value, "type") ?? "",
        ])
      : [],
  );

/** Names the device types whose devices could not be changed, with the first reason; `null` if there are none. */
function describeFailedTriggers(parts: Parts): string | null {
  const types = typesOf(parts);
  const failed = parts.health.changes.filter(({ command }) => !isSuccess(command));
  const [first] = failed;
  if (!first) return null;
  const names = [...new Set(failed.map(({ deviceId }) => types.get(deviceId) ?? `of ${deviceId}`))];
  return `the suite could not change devices of the type ${names.join(", ")}: ${describeResponse(first.command)} (${first.command.id})`;
}

/** Names the device types and statuses that no change of the run tested; `null` if there are none. */
function describeUntested(parts: Parts): string | null {
  const { health, discovery } = parts;
  const types = typesOf(parts);
  const listed = new Set(types.values());
  const cause = isByHand(health)
    ? "a person changed devices of other types"
    : "no device that the suite can restore";
  const tested = new Set(health.changes.map(({ deviceId }) => types.get(deviceId)));
  const untested = discovery
    ? [...readDeviceTypes(discovery.manifest)].flatMap(([type, sources]) =>
        sources.includes("events") && !tested.has(type)
          ? [`${type} (${listed.has(type) ? cause : "not in the inventory"})`]
          : [],
      )
    : [];
  const refused = (health.variants ?? []).filter(({ command }) => !isSuccess(command));
  const statuses = [...new Set(refused.map(({ status }) => status))];
  const notes = [
    ...(isByHand(health) ? ["a person changed devices to offline and online only"] : []),
    ...(untested.length > 0 ? [`changes of these device types were not tested: ${untested.join(", ")}`] : []),
    ...(statuses.length > 0
      ? [
          `changes to ${statuses.join(" and ")} were not tested, because the vendor refused them (${refused[0]?.command.id})`,
        ]
      : []),
  ];
  return notes.length > 0 ? notes.join("; ") : null;
}

/** Returns each heartbeat, and the device's previous heartbeat if it came too soon after that one. */
export function findHeartbeats(deliveries: readonly (readonly Delivery[])[]) {
  const first = new Map<
    string,
    { at: string; id: string; deviceId: string; time: number; arrived: number }
  >();
  for (const delivery of deliveries.flat()) {
    for (const event of eventsOf(delivery)) {
      const [id, deviceId] = [textOf(event, "id"), textOf(memberOf(event, "data"), "device_id")];
      if (event["type"] !== DEVICE_HEARTBEAT || id === null || deviceId === null || first.has(id)) continue;
      const [time, arrived] = [Date.parse(textOf(event, "time") ?? ""), Date.parse(delivery.receivedAt)];
      first.set(id, { at: delivery.id, id, deviceId, time, arrived });
    }
  }
  const all = [...first.values()].toSorted((one, other) => one.arrived - other.arrived);
  return all.map((heartbeat, index) => ({
    ...heartbeat,
    before: all
      .slice(0, index)
      .find(
        ({ deviceId, time, arrived }) =>
          deviceId === heartbeat.deviceId &&
          Math.abs(heartbeat.time - time) < HEARTBEAT_INTERVAL_MS &&
          heartbeat.arrived - arrived < HEARTBEAT_INTERVAL_MS,
      ),
  }));
}

type Heartbeat = ReturnType<typeof findHeartbeats>[number];

/**
 * Judges that no heartbeat follows the device's previous heartbeat too soon. @param none the reason to report if
 * there are no heartbeats
 */
export const judgeIntervals = (
  heartbeats: readonly Pick<Heartbeat, "at" | "id" | "before">[],
  none: string,
): Finding =>
  judgeEach(heartbeats, none, ({ id, before }) =>
    before
      ? {
          expected: `no heartbeat of device ${before.deviceId} within 5 minutes after ${before.id}, which arrived in ${before.at}`,
          actual: `the heartbeat ${id}`,
          hint: "Post no second heartbeat of a device within 5 minutes: store the time of the heartbeat that you posted last. Show later heartbeats only in the inventory's last_seen_at.",
        }
      : null,
  );

/** Returns the order keys of two events for each two quick, consecutive changes of one device. */
function pairRapid({ rapid, deliveries }: Health) {
  if (!rapid) return [];
  const known = new Set(
    deliveries
      .slice(0, rapid.from)
      .flatMap(eventsOf)
      .map((event) => textOf(event, "id")),
  );
  const news = deliveries.slice(rapid.from).flatMap((delivery) =>
    eventsOf(delivery)
      .filter((event) => !known.has(textOf(event, "id")))
      .map((event) => ({ at: delivery.id, event })),
  );
  const reported = selectSuccessful(rapid.changes).flatMap((change) => {
    const found = news.find(({ event }) => isReportOf(change, event));
    const key = toOrderKey(found?.event ?? null);
    return found && key !== null ? [{ at: found.at, key }] : [];
  });
  return reported
    .slice(1)
    .map(({ at, key }, index) => ({ at, before: reported[index]?.key ?? "", after: key }));
}

/** What a response that follows an event shows of the event's device. */
export interface ShownStatus extends Subject {
  /** JSON pointer of the member in the response. */
  readonly where: string;
  readonly askedAt: string;
  readonly webhook: Pick<Delivery, "id" | "receivedAt">;
  /** What the event says, in words. */
  readonly expected: string;
  readonly shown: unknown;
  readonly agrees: boolean;
}

/** Judges whether responses agree with the events that had arrived before them. */
export const judgeAgreement = (subjects: readonly ShownStatus[]): Finding =>
  judgeEach(subjects, NO_WEBHOOK, ({ where, askedAt, webhook, expected, shown, agrees }) => {
    if (agrees) return null;
    const seconds = (Date.parse(askedAt) - Date.parse(webhook.receivedAt)) / 1000;
    return {
      where,
      expected: `${expected}; the webhook with this status (${webhook.id}) arrived ${seconds.toFixed(1)} s before this call`,
      actual: show(shown),
      hint: "Commit the status before you post the event. If you already do that, check whether a stale copy answered this call, such as a cache or a lagging replica.",
    };
  });

/** Judges the order of two events of one device. @param pairs the order keys; `before` is that of the earlier change */
export const judgeOrder = (
  pairs: readonly (Subject & { readonly before: string; readonly after: string })[],
): Finding =>
  judgeEach(pairs, "no device had two changes reported by webhooks with a valid time", ({ before, after }) =>
    before < after
      ? null
      : {
          where: "/time",
          expected: `later than ${before.trim()}, the value for the device's previous change`,
          actual: after.trim(),
          hint: "Send `time` with fractions of a second, or add a `sequence` number that increases with each event. Events may arrive in any order, and nothing else shows which event is the latest.",
        },
  );

/**
 * Judges media type and body of deliveries.
 *
 * @param isElsewhere tells whether another requirement judges what is special about the event's type
 */
export function judgeContent(
  deliveries: readonly { readonly at: string; readonly delivery: Delivery }[],
  manifest: Exchange,
  isElsewhere: (event: JsonObject) => boolean,
): Finding {
  const takesBatches = declares(objectOf(manifest), "webhooks.batching");
  return judgeEach(deliveries, NO_WEBHOOK, ({ delivery }) => {
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
          : "Set Content-Type explicitly. The JSON helper of an HTTP client sends application/json, which is wrong for an event.",
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
    return findSchemaFailure(eventSchemaOf(isElsewhere(event) ? "" : (textOf(event, "type") ?? "")), event);
  });
}

export const eventChecks = [
  check("EVT-001", ["health"], ({ health, ...evidence }): Finding => {
    const finding = judgeEach(
      selectSuccessful(withVariants(health).changes).map((change) => ({ at: change.command.id, change })),
      "no status was changed; see SBX-001",
      ({ change }) => {
        if (findDelivery(change, health.deliveries)) {
          const { deliveries, otherDeliveries } = health;
          const alike =
            otherDeliveries === null ||
            isReported(change, otherDeliveries) ||
            !isReported(change, deliveries);
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
    );
    if (finding.outcome === "fail") return finding;
    const failed = describeFailedTriggers({ health, ...evidence });
    if (failed !== null) return { outcome: "could-not-run", reason: failed };
    const notes = [
      describeUntested({ health, ...evidence }),
      ...(health.otherDeliveries === null
        ? [
            "only one endpoint was registered, so the suite did not test whether every endpoint gets every event",
          ]
        : []),
    ].filter((note) => note !== null);
    return withUnseen(finding, notes.length > 0 ? notes.join("; ") : null);
  }),

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
      return judgeContent(deliveriesIn(evidence), discovery.manifest, (event) => {
        const id = textOf(event, "id");
        return id !== null && judgedElsewhere.has(id);
      });
    },
  ),

  check("EVT-004", ["health"], ({ health }) =>
    judgeEach(findReportedChanges(withVariants(health)), NO_WEBHOOK, ({ event, change }) => {
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

  check("EVT-005", DELIVERIES, ({ health, ...evidence }) => {
    const caused = [
      ...findReportedChanges(health).map(({ at, event, change, delivery }) => ({
        ...{ at, event, since: change.triggeredAt, until: delivery.receivedAt },
      })),
      ...findRequestedEvents(evidence).map(({ command, event, delivery }) => ({
        ...{ at: delivery.id, event, since: command.startedAt, until: delivery.receivedAt },
      })),
    ];
    const all = deliveriesIn({ health, ...evidence }).flatMap(({ at, delivery }) =>
      // An event that the suite did not cause may have happened long before.
      eventsOf(delivery).map((event) => ({ at, event, since: null, until: delivery.receivedAt })),
    );
    return judgeEach(
      [...caused, ...all].filter(({ event }) => timestampSchema.safeParse(event?.["time"]).success),
      "no webhook arrived (see EVT-001), or no event has a valid time (see EVT-002)",
      ({ event, since, until }) => {
        const time = Date.parse(textOf(event, "time") ?? "");
        const early = since !== null && time < Date.parse(since) - CLOCK_TOLERANCE_MS;
        if (!early && time <= Date.parse(until) + CLOCK_TOLERANCE_MS) return null;
        const off = time - Date.parse(since ?? until);
        return {
          where: "/time",
          expected:
            since === null
              ? `at most 5 minutes after ${until}, when the event arrived`
              : `within 5 minutes of ${since}, when the event happened`,
          actual: show(textOf(event, "time")),
          hint:
            Math.abs(off) % 900_000 < 30_000
              ? "The time is off by a multiple of 15 minutes, so it is probably local time marked as UTC. Convert it to UTC."
              : "Send the time when the event happened, from a synchronized clock.",
        };
      },
    );
  }),

  check("EVT-007", ["health"], ({ health, outage, closing, endpoints }) => {
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
      ...(closing ? compareStatusesAtEnd(closing, endpoints) : []),
    ].map(({ at, pointer, askedAt, deviceId, last, listed: shown, agrees }) => {
      const expected = `${show(last.status)} for device ${deviceId}, as in its latest event`;
      return { at, where: `${pointer}/status`, askedAt, webhook: last.delivery, expected, shown, agrees };
    });
    const reasons = selectSuccessful(withVariants(health).changes).flatMap((change) => {
      const [found] = findReportedChanges({ ...health, changes: [change] });
      const shown = objectOf(change.inventoryAfter);
      // If the device has another status now, its reason may differ too.
      if (!found || shown?.["status"] !== memberOf(found.event, "data")?.["status"]) return [];
      const reason = textOf(memberOf(found.event, "data"), "status_reason");
      const { id: at, startedAt: askedAt } = change.inventoryAfter;
      const expected = `${show(reason)} for device ${change.deviceId}, as in its latest event`;
      const agrees = textOf(shown, "status_reason") === reason;
      return [
        {
          ...{ at, where: "/status_reason", askedAt, webhook: found.delivery, expected, agrees },
          shown: shown?.["status_reason"],
        },
      ];
    });
    return judgeAgreement([...lookedUp, ...listed, ...reasons]);
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
    return withUnseen(
      judgeOrder([...pairs, ...pairRapid(health)]),
      isByHand(health)
        ? "a person changed the devices, so quick changes of one device were not tested"
        : null,
    );
  }),

  check(
    "EVT-013",
    ["discovery", "heartbeats", ...DELIVERIES],
    ({ discovery, heartbeats, ...evidence }): Finding => {
      if (!readPostedTypes(discovery.manifest).includes(DEVICE_HEARTBEAT)) {
        return {
          outcome: "not-applicable",
          reason: "the manifest lists no heartbeats with delivery webhook",
        };
      }
      const arrived = findHeartbeats([...deliveriesByEndpoint(evidence), heartbeats.deliveries]);
      const cites = [discovery.manifest, ...heartbeats.commands].map(({ id: at }) => ({
        at,
        before: undefined,
        id: "",
      }));
      const unseen =
        heartbeats.commands.length === 0
          ? "the suite could not make a device publish heartbeats"
          : "no heartbeat arrived; the device may have sent a heartbeat in the 5 minutes before, so the vendor may not post another";
      return withUnseen(judgeIntervals([...cites, ...arrived], ""), arrived.length === 0 ? unseen : null);
    },
  ),
];
