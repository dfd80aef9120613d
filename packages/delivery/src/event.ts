import { DeliveryError } from "./errors.ts";

/** A CloudEvent to send, as far as delivery looks at it; every other member travels as it is. */
export interface OutgoingEvent {
  /** Travels as `webhook-id`: 1 to 256 visible ASCII characters without a dot. */
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly org_id: string;
    /** Events of one device are sent one after the other, in the order they were enqueued, as far as retries allow. */
    readonly device_id?: string | null | undefined;
  };
}

/** An event made ready to be kept: its bytes are made once, so that every attempt sends the same. */
export interface NewEvent {
  readonly eventId: string;
  readonly orgId: string;
  readonly type: string;
  readonly orderKey: string | null;
  readonly body: string;
  readonly bytes: number;
  /** The one endpoint it is for; `null` for every endpoint that wants it. */
  readonly endpointId: string | null;
}

/** What every consumer accepts, and what a batch may hold, less the brackets around a batch of one. */
const MOST_EVENT_BYTES = 256 * 1024 - 2;

/** As `sign` asks for it; found out here, where the caller can still do something about it. */
const DELIVERY_ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** What every database keeps as it is: no control character, no half of a surrogate pair. */
const isText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !/[\p{Cc}\p{Cs}]/u.test(value);

/** The bytes are made once. @throws {DeliveryError} `invalid_event` for what is no JSON */
function toJson(event: OutgoingEvent): string {
  try {
    return JSON.stringify(event);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DeliveryError("invalid_event", `Event ${event.id} cannot be written as JSON: ${why}`);
  }
}

/**
 * Makes an event ready to be kept.
 *
 * @throws {DeliveryError} `invalid_event`, `event_too_large`
 * @see spec/1.0/contract.md#events
 */
export function prepareEvent(event: OutgoingEvent, endpointId: string | null): NewEvent {
  const refuse = (message: string) => new DeliveryError("invalid_event", message);
  if (typeof event !== "object" || event === null) throw refuse("An event is an object.");
  const { id, type, data } = event;
  if (!isText(id) || !DELIVERY_ID.test(id))
    throw refuse("An event's id must be 1 to 256 visible ASCII characters without a dot: it is signed.");
  if (!isText(type)) throw refuse(`Event ${id} needs a type, without control characters.`);
  if (!isText(data?.org_id))
    throw refuse(`Event ${id} needs data.org_id, without control characters: by it endpoints are chosen.`);
  const body = toJson(event);
  const bytes = Buffer.byteLength(body);
  if (bytes > MOST_EVENT_BYTES) {
    throw new DeliveryError(
      "event_too_large",
      `Event ${id} has ${bytes} bytes of JSON, and no consumer has to accept more than ${MOST_EVENT_BYTES}. Send less, or a link.`,
    );
  }
  const orderKey = isText(data.device_id) ? data.device_id : null;
  return { eventId: id, orgId: data.org_id, type, orderKey, body, bytes, endpointId };
}
