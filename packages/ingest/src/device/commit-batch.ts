import type { AcceptedEvent, EventOutcome } from "../store/event-store.ts";
import type { DeviceState } from "./device-state.ts";
import type { FeedItem } from "./feed-item.ts";
import { type ChangedDevice, changing, type Ground } from "./ground.ts";
import { observed, recorded, removed, type Told } from "./transitions.ts";

/** What a batch of new events comes to, in the order in which it is to be told. */
export interface BatchEffects {
  readonly told: readonly FeedItem[];
  /** Devices as they are now, those that changed. */
  readonly devices: readonly ChangedDevice[];
  /** What became of each event, in the order given. */
  readonly outcomes: readonly Exclude<EventOutcome, "duplicate">[];
  /** How many observations came too late to say anything new. */
  readonly late: number;
}

const deviceIdOf = ({ effect }: AcceptedEvent): string | null => {
  if (!effect) return null;
  return effect.kind === "record" ? effect.record.device.device_id : effect.deviceId;
};

function after(state: DeviceState | null, { effect }: AcceptedEvent, told: Told): DeviceState | null {
  if (effect?.kind === "status") return observed(state, told, effect.observation);
  if (effect?.kind === "removed") return removed(state, effect.at);
  if (effect?.kind !== "record") return state;
  const known = recorded(state, told, effect.record);
  return effect.observation ? observed(known, told, effect.observation) : known;
}

/** Whether what an event observed is not what stands now. */
const isLate = ({ effect }: AcceptedEvent, state: DeviceState): boolean =>
  effect?.kind === "status" && state.observation?.order.eventId !== effect.observation.order.eventId;

/**
 * What new events do: each is kept, and acts on the device it is about. Nothing here reads a clock or a store, so both
 * stores do the same.
 *
 * @param events that nobody knew before, in the order of arrival
 */
export function commitBatch(events: readonly AcceptedEvent[], ground: Ground): BatchEffects {
  const devices = changing(ground);
  const told: FeedItem[] = [];
  const outcomes: BatchEffects["outcomes"][number][] = [];
  let late = 0;
  for (const event of events) {
    const { integrationId, orgId, siteId, receivedAt } = event;
    const place = ground.place(integrationId, orgId, siteId);
    const deviceId = deviceIdOf(event);
    told.push({ kind: "event", placed: { event, place, deviceId } });
    outcomes.push(place ? "stored" : "quarantined");
    if (deviceId === null) continue;
    const mapping = ground.mapping(integrationId);
    const where = { integrationId, deviceId, orgId, siteId, place, mapping, at: receivedAt };
    const state = after(devices.current(integrationId, deviceId), event, where);
    if (!state) continue;
    if (isLate(event, state)) late += 1;
    for (const change of devices.put(state, receivedAt)) told.push({ kind: "change", change });
  }
  return { told, devices: devices.changed(), outcomes, late };
}
