import {
  DEVICE_ADDED,
  DEVICE_HEARTBEAT,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  DEVICE_UPDATED,
  type Device,
  describeFieldErrors,
  deviceAddedEventSchema,
  deviceHeartbeatEventSchema,
  deviceRemovedEventSchema,
  deviceStatusChangedEventSchema,
  deviceUpdatedEventSchema,
  type Event,
  eventSchema,
  fieldErrors,
} from "@convergint/schemas";
import type { z } from "zod";
import { requireStorable, UnstorableIdError } from "../domain/device.ts";
import type { AcceptedEvent, EventEffect, UnknownWord } from "../domain/event.ts";
import { adaptStatus, mapType, NO_MAPPING } from "../domain/mapping.ts";
import { observeEvent, toOrderTime } from "../domain/observation.ts";
import { hashEventKey, toDeviceRecord } from "../store/digest.ts";
import { DeliveryRefusedError } from "./refusal.ts";

/** The event types that act on a device. Each schema also includes the rules of `eventSchema`. */
const SCHEMAS = {
  [DEVICE_STATUS_CHANGED]: deviceStatusChangedEventSchema,
  [DEVICE_HEARTBEAT]: deviceHeartbeatEventSchema,
  [DEVICE_ADDED]: deviceAddedEventSchema,
  [DEVICE_UPDATED]: deviceUpdatedEventSchema,
  [DEVICE_REMOVED]: deviceRemovedEventSchema,
} as const;
type ActingType = keyof typeof SCHEMAS;
type ActingEvent = { [Type in ActingType]: z.infer<(typeof SCHEMAS)[Type]> }[ActingType];

const isActing = (type: unknown): type is ActingType =>
  typeof type === "string" && Object.hasOwn(SCHEMAS, type);

/** How an event arrived. */
export interface Arrival {
  readonly integrationId: string;
  readonly receivedAt: Date;
  /** Whether the event arrived in a webhook. If not, the server fetched the event. */
  readonly byWebhook: boolean;
}

/** Extracts the device from an added or updated event. */
function extractDevice({
  previous_site_id: _,
  changed_fields: __,
  ...device
}: Record<string, unknown>): Device {
  return device as Device;
}

function toEffect(event: ActingEvent, receivedAt: Date): EventEffect {
  if (event.type === DEVICE_REMOVED) {
    const { device_id: deviceId, removed_at } = event.data;
    return { kind: "removed", deviceId, at: toOrderTime(removed_at, receivedAt) };
  }
  if (event.type === DEVICE_ADDED || event.type === DEVICE_UPDATED) {
    const device = extractDevice(event.data);
    const { status } = device;
    return {
      kind: "record",
      record: toDeviceRecord(device, toOrderTime(event.time, receivedAt)),
      observation: status ? observeEvent({ ...event, data: { ...device, status } }, receivedAt) : null,
    };
  }
  return { kind: "status", deviceId: event.data.device_id, observation: observeEvent(event, receivedAt) };
}

function refuseUnstorable(ids: readonly string[]): void {
  try {
    requireStorable(ids);
  } catch (error) {
    throw error instanceof UnstorableIdError
      ? new DeliveryRefusedError("invalid_event", error.message)
      : error;
  }
}

function findUnknownWords(event: ActingEvent | null, status: string | null): readonly UnknownWord[] {
  const type = event && "type" in event.data && typeof event.data.type === "string" ? event.data.type : null;
  const unknownType = type === null ? null : mapType(type, NO_MAPPING).unmapped;
  return [
    ...(status === null ? [] : [{ kind: "status", word: status } as const]),
    ...(unknownType === null ? [] : [{ kind: "type", word: unknownType } as const]),
  ];
}

/** Parses an event: with the schema of its type if the event acts on a device, otherwise with the general schema. */
function parseEvent(value: unknown): { readonly event: Event; readonly acting: ActingEvent | null } {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const schema = isActing(type) ? SCHEMAS[type] : null;
  const acting = schema?.safeParse(value);
  if (acting?.success) return { event: acting.data as Event, acting: acting.data as ActingEvent };
  const parsed = eventSchema.safeParse(value);
  if (parsed.success && acting) {
    throw new DeliveryRefusedError(
      "invalid_event",
      `The event is not a valid ${type}: ${describeFieldErrors(fieldErrors(acting.error))}`,
    );
  }
  if (parsed.success) return { event: parsed.data, acting: null };
  throw new DeliveryRefusedError(
    "not_an_event",
    `The body is not an event of the contract: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/** Replaces a vendor's term for a status with the status of the contract. */
function mapStatus(value: unknown): { readonly value: unknown; readonly unknownStatus: string | null } {
  if (typeof value !== "object" || value === null) return { value, unknownStatus: null };
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  if (!isActing(type)) return { value, unknownStatus: null };
  const { value: mapped, unknownWord } = adaptStatus(data);
  return { value: mapped === data ? value : { ...value, data: mapped }, unknownStatus: unknownWord };
}

/**
 * Accepts an event.
 *
 * @param value the parsed event
 * @param text the event's JSON, as signed
 * @throws {DeliveryRefusedError} `not_an_event`, `invalid_event`
 * @see spec/1.0/contract.md#events
 */
export function acceptEvent(value: unknown, text: string, arrival: Arrival): AcceptedEvent {
  const { value: mapped, unknownStatus } = mapStatus(value);
  const { event, acting } = parseEvent(mapped);
  const { org_id: orgId, site_id: siteId } = event.data;
  const effect = acting && toEffect(acting, arrival.receivedAt);
  refuseUnstorable([orgId, siteId, ...(acting ? [acting.data.device_id] : [])]);
  return {
    integrationId: arrival.integrationId,
    key: hashEventKey(event.source, event.id),
    eventId: event.id,
    orgId,
    siteId,
    body: text,
    receivedAt: arrival.receivedAt.toISOString(),
    byWebhook: arrival.byWebhook,
    unknownWords: findUnknownWords(acting, unknownStatus),
    effect,
  };
}
