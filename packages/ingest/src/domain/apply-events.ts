import type { DeviceState } from "./device.ts";
import { type ChangedDevice, type Lookup, trackDevices } from "./device-tracker.ts";
import { applyObservation, applyRecord, applyRemoval, type Mention } from "./device-transitions.ts";
import type { AcceptedEvent, EventOutcome } from "./event.ts";
import type { FeedItem } from "./feed.ts";

/** What a batch of new events changes. */
export interface BatchEffects {
  /** The events and the changes they cause, in feed order. */
  readonly feed: readonly FeedItem[];
  readonly devices: readonly ChangedDevice[];
  /** One outcome per event, in the order of the events. */
  readonly outcomes: readonly Exclude<EventOutcome, "duplicate">[];
  /** How many status events were older than the status that was already known. */
  readonly late: number;
}

/** @returns the device that the event concerns; `null` if it concerns none */
export const deviceIdOf = ({ effect }: AcceptedEvent): string | null => {
  if (!effect) return null;
  return effect.kind === "record" ? effect.record.device.device_id : effect.deviceId;
};

function applyEffect(
  state: DeviceState | null,
  { effect }: AcceptedEvent,
  mention: Mention,
): DeviceState | null {
  if (effect?.kind === "status") return applyObservation(state, mention, effect.observation);
  if (effect?.kind === "removed") return applyRemoval(state, effect.at);
  if (effect?.kind !== "record") return state;
  const recorded = applyRecord(state, mention, effect.record);
  return effect.observation ? applyObservation(recorded, mention, effect.observation) : recorded;
}

/** Whether another observation is later than this event's, so that this event does not set the status. */
const isLate = ({ effect }: AcceptedEvent, state: DeviceState): boolean =>
  effect?.kind === "status" && state.observation?.order.eventId !== effect.observation.order.eventId;

/**
 * Computes what a batch of events changes. Reads neither the clock nor a database, so that both stores behave
 * alike.
 *
 * @param events events that are not stored yet, in the order of arrival
 */
export function applyEvents(events: readonly AcceptedEvent[], lookup: Lookup): BatchEffects {
  const devices = trackDevices(lookup);
  const feed: FeedItem[] = [];
  const outcomes: BatchEffects["outcomes"][number][] = [];
  let late = 0;
  for (const event of events) {
    const { integrationId, orgId, siteId, receivedAt } = event;
    const place = lookup.place(integrationId, orgId, siteId);
    const deviceId = deviceIdOf(event);
    feed.push({ kind: "event", placed: { event, place, deviceId } });
    outcomes.push(place ? "stored" : "quarantined");
    if (deviceId === null) continue;
    const mapping = lookup.mapping(integrationId);
    const mention = { integrationId, deviceId, orgId, siteId, place, mapping, at: receivedAt };
    const state = applyEffect(devices.get(integrationId, deviceId), event, mention);
    if (!state) continue;
    if (isLate(event, state)) late += 1;
    for (const change of devices.put(state, receivedAt)) feed.push({ kind: "change", change });
  }
  return { feed, devices: devices.changed(), outcomes, late };
}
