import {
  type DeviceEvent,
  describeFieldErrors,
  deviceEventSchemas,
  EVENT_MEDIA_TYPE,
  type Event,
  eventSchema,
  fieldErrors,
  isDeviceEventType,
} from "@convergint/schemas";
import { verify, type WebhookHeadersInput, WebhookVerificationError } from "@convergint/webhooks";
import { observedByEvent } from "../status/observation.ts";
import type { AcceptedEvent } from "../store/store.ts";

/** Why a delivery is refused. */
export type RefusalCode =
  | "wrong_signature"
  | "stale_timestamp"
  | "missing_signature"
  | "unsupported_media_type"
  | "not_json"
  | "not_an_event"
  | "invalid_event"
  | "id_mismatch";

const STATUS: Record<RefusalCode, number> = {
  wrong_signature: 401,
  stale_timestamp: 401,
  missing_signature: 401,
  unsupported_media_type: 415,
  not_json: 400,
  not_an_event: 400,
  invalid_event: 400,
  id_mismatch: 400,
};

/** A delivery that is not taken, with what its sender should know. */
export class DeliveryRefusedError extends Error {
  override readonly name = "DeliveryRefusedError";
  readonly code: RefusalCode;
  /** The HTTP status to answer. */
  readonly status: number;
  /** Whether the vendor had signed it: then it is kept, because nothing that a vendor signed disappears. */
  readonly signed: boolean;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
    this.signed = this.status !== 401;
  }
}

/** One webhook, as it came. */
export interface Delivery {
  readonly integrationId: string;
  readonly headers: WebhookHeadersInput;
  readonly mediaType: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** To the outside a failed verification is one of three words; which byte was wrong is nobody's business. */
function refusalOf(error: WebhookVerificationError): DeliveryRefusedError {
  if (error.code === "timestamp_too_old" || error.code === "timestamp_too_new") {
    return new DeliveryRefusedError("stale_timestamp", error.message);
  }
  const code = error.code === "missing_header" ? "missing_signature" : "wrong_signature";
  return new DeliveryRefusedError(code, error.message);
}

/** Different bytes stay different text: what is not UTF-8 is not JSON. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseEvent(body: Uint8Array): { event: Event; text: string } {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    throw new DeliveryRefusedError(
      "not_json",
      "The body is not JSON in UTF-8. Send one CloudEvents event as JSON.",
    );
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return { event: parsed.data, text };
  throw new DeliveryRefusedError(
    "not_an_event",
    `The body is not an event of the contract: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/** Half a surrogate pair is no character: stored, all of them would become one and the same device. */
function requireStorable(deviceId: string): void {
  if (!/\p{Surrogate}/u.test(deviceId)) return;
  throw new DeliveryRefusedError("invalid_event", "The device_id holds half of a surrogate pair.");
}

/** The event as one that tells of a device's status, or `null` where its type has another meaning, or none we know. */
function asDeviceEvent(event: Event): DeviceEvent | null {
  if (!isDeviceEventType(event.type)) return null;
  const parsed = deviceEventSchemas[event.type].safeParse(event);
  if (parsed.success) return parsed.data;
  throw new DeliveryRefusedError(
    "invalid_event",
    `The event is not a valid ${event.type}: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/**
 * Takes a delivery in: verifies the raw bytes, and only then parses them.
 *
 * @param secrets every current secret of the integration
 * @throws {DeliveryRefusedError} with `code` and the status to answer
 * @see spec/1.0/contract.md#receiving
 */
export async function acceptDelivery(delivery: Delivery, secrets: readonly string[]): Promise<AcceptedEvent> {
  const { integrationId, headers, mediaType, body, receivedAt } = delivery;
  const { id } = await verify({ headers, body, keys: secrets, now: receivedAt }).catch((error: unknown) => {
    throw error instanceof WebhookVerificationError ? refusalOf(error) : error;
  });
  if (mediaType !== EVENT_MEDIA_TYPE) {
    throw new DeliveryRefusedError(
      "unsupported_media_type",
      `Send events with the content type ${EVENT_MEDIA_TYPE}.`,
    );
  }
  const { event, text } = parseEvent(body);
  if (event.id !== id) {
    throw new DeliveryRefusedError(
      "id_mismatch",
      "The webhook-id must equal the event's id: it is what repetitions are known by.",
    );
  }
  const deviceEvent = asDeviceEvent(event);
  if (deviceEvent) requireStorable(deviceEvent.data.device_id);
  return {
    integrationId,
    eventId: event.id,
    source: event.source,
    body: text,
    receivedAt: receivedAt.toISOString(),
    observed: deviceEvent && {
      orgId: deviceEvent.data.org_id,
      siteId: deviceEvent.data.site_id,
      deviceId: deviceEvent.data.device_id,
      observation: observedByEvent(deviceEvent, receivedAt),
    },
  };
}
