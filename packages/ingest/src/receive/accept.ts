import { toShownText, toShownValue } from "@convergint/internal/printable";
import {
  parseStrictJson,
  type StrictJson,
  StrictJsonError,
  splitJsonArray,
} from "@convergint/internal/strict-json";
import {
  type Place,
  ProfileDeliveryError,
  type ReadDelivery,
  type WebhookReader,
} from "@convergint/profiles";
import { BATCH_MEDIA_TYPE, type BatchAnswer, EVENT_MEDIA_TYPE, type RefusalCode } from "@convergint/schemas";
import { type Verifier, type WebhookHeadersInput, WebhookVerificationError } from "@convergint/webhooks";
import type { AcceptedEvent } from "../domain/event.ts";
import type { Fault } from "../domain/fault.ts";
import type { DeviceStore } from "../store/device-store.ts";
import { type Arrival, acceptEvent } from "./accept-event.ts";
import { DeliveryRefusedError, toRefusal } from "./refusal.ts";

/** One webhook, as received. */
export interface Delivery {
  readonly integrationId: string;
  /** The URL that was posted to, as the vendor knows it. */
  readonly url: string;
  readonly headers: WebhookHeadersInput;
  readonly mediaType: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

type RefusedEvent = BatchAnswer["refused"][number];

/**
 * An accepted delivery: one event, the valid and the refused events of a batch, or what a profile made of it; and what is
 * wrong with the accepted events.
 */
export type Accepted = { readonly faults: readonly Fault[] } & (
  | { readonly kind: "event"; readonly event: AcceptedEvent }
  | {
      readonly kind: "batch";
      /** The valid events, each with its index in the batch. */
      readonly events: readonly { readonly index: number; readonly event: AcceptedEvent }[];
      readonly refused: readonly RefusedEvent[];
    }
  | {
      /** By a profile. */
      readonly kind: "mapped";
      readonly events: readonly AcceptedEvent[];
      /** What the profile could not make events of the contract. */
      readonly refused: readonly Fault[];
      /** The vendor's names of events that the profile does not map. */
      readonly unmapped: readonly string[];
    }
);

const MAX_BATCH_EVENTS = 100;

function parse(body: Uint8Array): StrictJson {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    const advice = "Send one CloudEvents event as UTF-8 JSON, or an array of events.";
    throw new DeliveryRefusedError("not_json", `${error.message} ${advice}`);
  }
}

/** Describes a refused event of a batch. @param value the event, of any shape */
export function createRefusedEvent(
  index: number,
  value: unknown,
  code: string,
  detail: string,
): RefusedEvent {
  const id = (value as { readonly id?: unknown } | null)?.id;
  return { index, ...(typeof id === "string" && { id: id.slice(0, 256) }), code, detail };
}

/** Accepts each event of a batch separately, so that an invalid event does not affect the others. */
function acceptBatch({ value, text }: StrictJson, arrival: Arrival): Accepted {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_BATCH_EVENTS) {
    throw new DeliveryRefusedError(
      "not_an_event",
      `Send a batch as an array of 1 to ${MAX_BATCH_EVENTS} events.`,
    );
  }
  const texts = splitJsonArray(text);
  const events: { readonly index: number; readonly event: AcceptedEvent }[] = [];
  const refused: RefusedEvent[] = [];
  const faults: Fault[] = [];
  for (const [index, each] of value.entries()) {
    try {
      const accepted = acceptEvent(each, texts[index] ?? "", arrival);
      events.push({ index, event: accepted.event });
      faults.push(...accepted.faults);
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError)) throw error;
      refused.push(createRefusedEvent(index, each, error.code, error.message));
    }
  }
  return { kind: "batch", events, refused, faults };
}

/**
 * Accepts a delivery: verifies the raw bytes, then parses them.
 *
 * @param verify verifies with any of the integration's current secrets
 * @throws {DeliveryRefusedError} with the code and the HTTP status of the answer
 * @see spec/1.0/contract.md#receiving
 */
export async function acceptDelivery(delivery: Delivery, verify: Verifier): Promise<Accepted> {
  const { headers, mediaType, body } = delivery;
  const { id } = await verify({ headers, body }).catch((error: unknown) => {
    throw error instanceof WebhookVerificationError ? toRefusal(error) : error;
  });
  const arrival = { ...delivery, byWebhook: true };
  if (mediaType === BATCH_MEDIA_TYPE) return acceptBatch(parse(body), arrival);
  if (mediaType !== EVENT_MEDIA_TYPE) {
    throw new DeliveryRefusedError(
      "unsupported_media_type",
      `Send an event with content type ${EVENT_MEDIA_TYPE}, or a batch with ${BATCH_MEDIA_TYPE}.`,
    );
  }
  const { value, text } = parse(body);
  const { event, faults } = acceptEvent(value, text, arrival);
  if (event.eventId !== id) {
    throw new DeliveryRefusedError(
      "id_mismatch",
      "The webhook-id must equal the event's id, because this id identifies duplicates.",
    );
  }
  return { kind: "event", event, faults };
}

/** Appends the place in the profile (file and line) to a message that does not contain it. */
const addLine = (message: string, place: Place | null): string =>
  place === null || message.includes(`${place.file}:${place.line}`)
    ? message
    : `${message} (${place.file}:${place.line})`;

/** An event that the profile does not make an event of the contract. */
const toRefusedFault = (code: string, detail: string, place: Place | null): Fault => ({
  record: "event",
  id: null,
  pointer: "",
  message: toShownText(`${code}: ${addLine(detail, place)}`, 500),
  requirement: null,
  value: "(the event)",
  setAside: true,
});

const toLeftOut = ({ id, pointer, message, value, place }: ReadDelivery["faults"][number]): Fault => ({
  record: "event",
  id: toShownText(id, 256),
  pointer: toShownText(pointer, 200),
  message: toShownText(addLine(message, place), 500),
  requirement: null,
  value: toShownValue(value),
  setAside: false,
});

/** The refusal code that is answered for each error code of a profile. An expression that fails yields an invalid event. */
const REFUSALS = {
  missing_signature: "missing_signature",
  wrong_signature: "wrong_signature",
  no_secret: "wrong_signature",
  no_webhooks: "wrong_signature",
  stale_timestamp: "stale_timestamp",
  payload_too_large: "payload_too_large",
  not_json: "not_json",
  not_an_event: "not_an_event",
  expression_failed: "invalid_event",
  expression_timeout: "invalid_event",
  expression_blocked: "invalid_event",
  expression_too_large: "invalid_event",
} as const satisfies Readonly<Record<ProfileDeliveryError["code"], RefusalCode>>;

const toProfileRefusal = ({ code, message, signed }: ProfileDeliveryError): DeliveryRefusedError =>
  new DeliveryRefusedError(REFUSALS[code], message, signed);

/** The org and site of an event about a device that no listing has mentioned yet. Nothing is bound to it: a person decides. */
const UNKNOWN = "unknown";

type EventValue = ReadDelivery["events"][number]["value"];

/** Completes an event of a vendor whose events name only the device: org and site are those of the last listing. */
async function addPlace(
  value: EventValue,
  integrationId: string,
  devices: Pick<DeviceStore, "get">,
): Promise<EventValue> {
  const { data } = value;
  if (data["org_id"] !== undefined && data["site_id"] !== undefined) return value;
  const { device_id: deviceId } = data;
  const device = typeof deviceId === "string" ? await devices.get(integrationId, deviceId) : null;
  const { org_id = UNKNOWN, site_id = UNKNOWN } = device ?? {};
  return { ...value, data: { org_id, site_id, ...data } };
}

/**
 * Accepts a delivery of a vendor with a profile: verifies and maps it as the profile describes, and then treats each event like one
 * of the contract. What the profile cannot map is the profile's fault, not the vendor's, so it is reported, and the vendor
 * is not asked to send it again.
 *
 * @param secrets the current secrets, the same array for each delivery until one of them changes
 * @param devices finds the site of an event that only names its device
 * @throws {DeliveryRefusedError} with the code and the HTTP status of the answer
 * @throws {StoreError} if a device cannot be looked up
 */
export async function acceptByProfile(
  delivery: Delivery,
  reader: WebhookReader,
  secrets: readonly string[],
  devices: Pick<DeviceStore, "get">,
): Promise<Accepted> {
  const { integrationId, url, headers, body, receivedAt } = delivery;
  const read = await reader
    .read({
      method: "POST",
      url,
      headers,
      body,
      receivedAt,
      secrets,
    })
    .catch((error: unknown) => {
      throw error instanceof ProfileDeliveryError ? toProfileRefusal(error) : error;
    });
  const arrival = { ...delivery, byWebhook: true };
  const events: AcceptedEvent[] = [];
  const refused = read.refused.map(({ code, detail, place }) => toRefusedFault(code, detail, place));
  const faults = read.faults.map(toLeftOut);
  for (const { value: mapped } of read.events) {
    const value = await addPlace(mapped, integrationId, devices);
    try {
      const accepted = acceptEvent(value, JSON.stringify(value), arrival);
      events.push(accepted.event);
      faults.push(...accepted.faults);
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError)) throw error;
      refused.push(toRefusedFault(error.code, error.message, null));
    }
  }
  // Adds the delivery's unknown words to its first event. They are counted when that event is stored, so a repeated
  // delivery does not count them again.
  const [first, ...others] = events;
  const counted = first
    ? [{ ...first, unknownWords: [...first.unknownWords, ...read.words] }, ...others]
    : [];
  const unmapped = read.unmapped.map(({ word }) => toShownText(word ?? "without a type", 100));
  return { kind: "mapped", events: counted, refused, faults, unmapped };
}
