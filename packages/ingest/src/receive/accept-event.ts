import { toShownText, toShownValue } from "@convergint/internal/printable";
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
  type Fault as EventFault,
  eventSchema,
  parseTolerantly,
} from "@convergint/schemas";
import type { z } from "zod";
import { requireStorable, UnstorableIdError } from "../domain/device.ts";
import type { AcceptedEvent, EventEffect, UnknownWord } from "../domain/event.ts";
import type { Fault } from "../domain/fault.ts";
import { adaptTerms, mapType, NO_MAPPING } from "../domain/mapping.ts";
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

/** A parsed event. */
interface ParsedEvent {
  readonly event: Event;
  /** `event` again, if the server applies its type to a device; otherwise `null`. */
  readonly acting: ActingEvent | null;
  /** The invalid optional members, which `event` lacks. */
  readonly faults: readonly EventFault[];
}

/**
 * Parses an event: with the schema of its type if the event acts on a device, otherwise with the general schema. Leaves
 * out invalid optional members, because a status must not be lost to an invalid detail.
 */
function parseEvent(value: unknown): ParsedEvent {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const schema: z.ZodType<Event> = isActing(type) ? (SCHEMAS[type] as z.ZodType<Event>) : eventSchema;
  const { data: event, faults } = parseTolerantly(value, schema);
  if (event) return { event, acting: isActing(type) ? (event as unknown as ActingEvent) : null, faults };
  if (isActing(type) && parseTolerantly(value, eventSchema).data) {
    throw new DeliveryRefusedError(
      "invalid_event",
      `The event is not a valid ${type}: ${describeFieldErrors(faults)}`,
    );
  }
  throw new DeliveryRefusedError(
    "not_an_event",
    `The body is not an event of the contract: ${describeFieldErrors(faults)}`,
  );
}

/** Replaces a vendor's term for a status with the status of the contract. */
function mapStatus(value: unknown): { readonly value: unknown; readonly unknownStatus: string | null } {
  if (typeof value !== "object" || value === null) return { value, unknownStatus: null };
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  if (!isActing(type)) return { value, unknownStatus: null };
  const { value: mapped, unknownWord } = adaptTerms(data);
  return { value: mapped === data ? value : { ...value, data: mapped }, unknownStatus: unknownWord };
}

/** An event to store, with its effect, and what is wrong with it. */
export interface AcceptedWithFaults {
  readonly event: AcceptedEvent;
  /** The invalid optional members, which have no effect. The stored body has them, as signed. */
  readonly faults: readonly Fault[];
}

const toFault = (eventId: string, { pointer, message, requirement, value }: EventFault): Fault => ({
  record: "event",
  id: eventId,
  pointer: toShownText(pointer, 200),
  message: toShownText(message, 200),
  requirement,
  value: toShownValue(value),
  setAside: false,
});

/**
 * Accepts an event. An invalid optional member has no effect and does not prevent the event's effect.
 *
 * @param value the parsed event
 * @param text the event's JSON, as signed
 * @throws {DeliveryRefusedError} `not_an_event`, `invalid_event`
 * @see spec/1.0/contract.md#events
 */
export function acceptEvent(value: unknown, text: string, arrival: Arrival): AcceptedWithFaults {
  const { value: mapped, unknownStatus } = mapStatus(value);
  const { event, acting, faults } = parseEvent(mapped);
  const { org_id: orgId, site_id: siteId } = event.data;
  const effect = acting && toEffect(acting, arrival.receivedAt);
  refuseUnstorable([orgId, siteId, ...(acting ? [acting.data.device_id] : [])]);
  const accepted: AcceptedEvent = {
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
  return { event: accepted, faults: faults.map((fault) => toFault(event.id, fault)) };
}
