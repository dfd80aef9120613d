import {
  BATCH_MEDIA_TYPE,
  type BatchAnswer,
  type DeviceEvent,
  describeFieldErrors,
  deviceEventSchemas,
  EVENT_MEDIA_TYPE,
  type Event,
  eventSchema,
  fieldErrors,
  isDeviceEventType,
} from "@convergint/schemas";
import { type Verifier, type WebhookHeadersInput, WebhookVerificationError } from "@convergint/webhooks";
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

function parseJson(body: Uint8Array): { value: unknown; text: string } {
  try {
    const text = utf8.decode(body);
    return { value: JSON.parse(text), text };
  } catch {
    throw new DeliveryRefusedError(
      "not_json",
      "The body is not JSON in UTF-8. Send one CloudEvents event as JSON, or several as an array.",
    );
  }
}

/**
 * The event, held to the schema of its own type where that tells of a device's status: those hold everything that the
 * schema of any event does, and to parse twice would cost as much as all the rest.
 */
function parseEvent(value: unknown): Event | DeviceEvent {
  const type: unknown = typeof value === "object" && value !== null && "type" in value ? value.type : null;
  const device = typeof type === "string" && isDeviceEventType(type) ? deviceEventSchemas[type] : null;
  const asDevice = device?.safeParse(value);
  if (asDevice?.success) return asDevice.data;
  const parsed = eventSchema.safeParse(value);
  if (parsed.success && asDevice) {
    throw new DeliveryRefusedError(
      "invalid_event",
      `The event is not a valid ${type}: ${describeFieldErrors(fieldErrors(asDevice.error))}`,
    );
  }
  if (parsed.success) return parsed.data;
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

/** Whether it tells of a device's status; its type may have another meaning, or none we know. */
const isDeviceEvent = (event: Event | DeviceEvent): event is DeviceEvent => isDeviceEventType(event.type);

/** What a delivery came to: one event, or of a batch those that are taken and those that are not. */
export type Accepted =
  | { readonly kind: "event"; readonly event: AcceptedEvent }
  | {
      readonly kind: "batch";
      readonly events: readonly AcceptedEvent[];
      readonly refused: BatchAnswer["refused"];
    };

/** @param text the event's JSON, as it was signed */
function acceptEvent(
  event: Event | DeviceEvent,
  text: string,
  { integrationId, receivedAt }: Pick<Delivery, "integrationId" | "receivedAt">,
): AcceptedEvent {
  const deviceEvent = isDeviceEvent(event) ? event : null;
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

const MOST_EVENTS_A_BATCH = 100;

/** Judges each event of a batch alone: a bad one loses no other. */
function acceptBatch(value: unknown, delivery: Delivery): Accepted {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_EVENTS_A_BATCH) {
    throw new DeliveryRefusedError(
      "not_an_event",
      `A batch is an array of 1 to ${MOST_EVENTS_A_BATCH} events.`,
    );
  }
  const events: AcceptedEvent[] = [];
  const refused: BatchAnswer["refused"] = [];
  for (const [index, each] of value.entries()) {
    try {
      // Written anew: the bytes of one event of a batch cannot be told from the others'.
      events.push(acceptEvent(parseEvent(each), JSON.stringify(each), delivery));
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError)) throw error;
      const id: unknown = each?.id;
      refused.push({
        index,
        ...(typeof id === "string" && { id: id.slice(0, 256) }),
        code: error.code,
        detail: error.message,
      });
    }
  }
  return { kind: "batch", events, refused };
}

/**
 * Takes a delivery in: verifies the raw bytes, and only then parses them.
 *
 * @param verify holds every current secret of the integration
 * @throws {DeliveryRefusedError} with `code` and the status to answer
 * @see spec/1.0/contract.md#receiving
 */
export async function acceptDelivery(delivery: Delivery, verify: Verifier): Promise<Accepted> {
  const { headers, mediaType, body } = delivery;
  const { id } = await verify({ headers, body }).catch((error: unknown) => {
    throw error instanceof WebhookVerificationError ? refusalOf(error) : error;
  });
  if (mediaType === BATCH_MEDIA_TYPE) return acceptBatch(parseJson(body).value, delivery);
  if (mediaType !== EVENT_MEDIA_TYPE) {
    throw new DeliveryRefusedError(
      "unsupported_media_type",
      `Send events with the content type ${EVENT_MEDIA_TYPE}, or several as ${BATCH_MEDIA_TYPE}.`,
    );
  }
  const { value, text } = parseJson(body);
  const event = parseEvent(value);
  if (event.id !== id) {
    throw new DeliveryRefusedError(
      "id_mismatch",
      "The webhook-id must equal the event's id: it is what repetitions are known by.",
    );
  }
  return { kind: "event", event: acceptEvent(event, text, delivery) };
}
