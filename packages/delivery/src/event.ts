import { isDeliveryId } from "@convergint/webhooks";
import { DeliveryError } from "./errors.ts";

/** The members of a CloudEvent that the outbox reads. All other members of an event are sent unchanged. */
export interface OutgoingEvent {
  /** The event's id, which is sent as `webhook-id`: 1 to 256 visible ASCII characters without a dot. */
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly org_id: string;
    /**
     * Events of one device are sent one at a time and in the order of
     * `enqueue`, except that retries may come later.
     */
    readonly device_id?: string | null | undefined;
  };
}

/** An event ready to be stored: serialised once, so that every attempt sends the same bytes. */
export interface NewEvent {
  readonly eventId: string;
  readonly orgId: string;
  readonly type: string;
  readonly orderKey: string | null;
  readonly body: string;
  readonly bytes: number;
  /** The only endpoint to send the event to; `null` for every subscribed endpoint. */
  readonly endpointId: string | null;
}

/**
 * The largest delivery that every consumer must accept, minus the two brackets around a batch of one event.
 */
const MAX_EVENT_BYTES = 256 * 1024 - 2;

/**
 * Checks for a text without control characters and unpaired surrogates. Every database stores such a text
 * unchanged.
 */
const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/[\p{Cc}\p{Cs}]/u.test(value);

/** Serialises an event. @throws {DeliveryError} `invalid_event` */
function toJson(event: OutgoingEvent): string {
  try {
    return JSON.stringify(event);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DeliveryError("invalid_event", `Event ${event.id} cannot be serialised to JSON: ${why}`);
  }
}

/**
 * Prepares an event for storage.
 *
 * @throws {DeliveryError} `invalid_event`, `event_too_large`
 * @see spec/1.0/contract.md#events
 */
export function prepareEvent(event: OutgoingEvent, endpointId: string | null): NewEvent {
  const refuse = (message: string) => new DeliveryError("invalid_event", message);
  if (typeof event !== "object" || event === null) throw refuse("An event must be an object.");
  const { id, type, data } = event;
  if (!isText(id) || !isDeliveryId(id))
    throw refuse(
      "The event's id must be 1 to 256 visible ASCII characters without a dot, because the id is part of the signed content.",
    );
  if (!isText(type)) throw refuse(`Event ${id} needs a type without control characters.`);
  if (!isText(data?.org_id))
    throw refuse(
      `Event ${id} needs a data.org_id without control characters, because data.org_id selects the endpoints.`,
    );
  const body = toJson(event);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_EVENT_BYTES) {
    throw new DeliveryError(
      "event_too_large",
      `Event ${id} has ${bytes} bytes of JSON, but consumers need not accept more than ${MAX_EVENT_BYTES}. Send less data or a link.`,
    );
  }
  const orderKey = isText(data.device_id) ? data.device_id : null;
  return { eventId: id, orgId: data.org_id, type, orderKey, body, bytes, endpointId };
}
