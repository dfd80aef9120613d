import type { AcceptedEvent, EventEffect } from "../../domain/event.ts";

type StatusEffect = Extract<EventEffect, { kind: "status" }>;
type Observation = StatusEffect["observation"];
type Order = Observation["order"];

type PackedStatus = readonly [
  deviceId: string,
  orderOccurredAt: Order["occurredAt"],
  orderSequence: Order["sequence"],
  orderEventId: Order["eventId"],
  orderAsOf: Order["asOf"],
  knownBy: Observation["knownBy"],
  status: Observation["status"],
  sentStatus: Observation["sentStatus"],
  vendorStatus: Observation["vendorStatus"],
  reason: Observation["reason"],
  occurredAt: Observation["occurredAt"],
  lastSeenAt: Observation["lastSeenAt"],
];

/**
 * An event without member names, for sending to the writer thread: copying the names with every event takes
 * longer than copying the values.
 */
export type PackedEvent = readonly [
  integrationId: string,
  key: string,
  eventId: string,
  orgId: string,
  siteId: string,
  body: string,
  receivedAt: string,
  byWebhook: boolean,
  unknownWords: AcceptedEvent["unknownWords"],
  /** Only the most frequent kind of effect is packed. */
  effect: PackedStatus | Exclude<EventEffect, StatusEffect> | null,
];

const packEffect = (effect: EventEffect | null): PackedEvent[9] => {
  if (effect?.kind !== "status") return effect;
  const { order, ...seen } = effect.observation;
  return [
    effect.deviceId,
    order.occurredAt,
    order.sequence,
    order.eventId,
    order.asOf,
    seen.knownBy,
    seen.status,
    seen.sentStatus,
    seen.vendorStatus,
    seen.reason,
    seen.occurredAt,
    seen.lastSeenAt,
  ];
};

const isPacked = (effect: PackedEvent[9]): effect is PackedStatus => Array.isArray(effect);

function unpackEffect(effect: PackedEvent[9]): EventEffect | null {
  if (!isPacked(effect)) return effect;
  const [deviceId, orderOccurredAt, sequence, eventId, asOf, knownBy, ...seen] = effect;
  const [status, sentStatus, vendorStatus, reason, occurredAt, lastSeenAt] = seen;
  const order = { occurredAt: orderOccurredAt, sequence, eventId, asOf };
  return {
    kind: "status",
    deviceId,
    observation: { order, knownBy, status, sentStatus, vendorStatus, reason, occurredAt, lastSeenAt },
  };
}

export const packEvent = (event: AcceptedEvent): PackedEvent => [
  event.integrationId,
  event.key,
  event.eventId,
  event.orgId,
  event.siteId,
  event.body,
  event.receivedAt,
  event.byWebhook,
  event.unknownWords,
  packEffect(event.effect),
];

export function unpackEvent(packed: PackedEvent): AcceptedEvent {
  const [integrationId, key, eventId, orgId, siteId, body, receivedAt, byWebhook, unknownWords, effect] =
    packed;
  return {
    integrationId,
    key,
    eventId,
    orgId,
    siteId,
    body,
    receivedAt,
    byWebhook,
    unknownWords,
    effect: unpackEffect(effect),
  };
}
