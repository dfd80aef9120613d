import {
  parseStrictJson,
  type StrictJson,
  StrictJsonError,
  splitJsonArray,
} from "@convergint/internal/strict-json";
import { BATCH_MEDIA_TYPE, type BatchAnswer, EVENT_MEDIA_TYPE } from "@convergint/schemas";
import { type Verifier, type WebhookHeadersInput, WebhookVerificationError } from "@convergint/webhooks";
import type { AcceptedEvent } from "../domain/event.ts";
import type { Fault } from "../domain/fault.ts";
import { type Arrival, acceptEvent } from "./accept-event.ts";
import { DeliveryRefusedError, toRefusal } from "./refusal.ts";

/** One webhook, as received. */
export interface Delivery {
  readonly integrationId: string;
  readonly headers: WebhookHeadersInput;
  readonly mediaType: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

type RefusedEvent = BatchAnswer["refused"][number];

/**
 * An accepted delivery: one event, or the valid and the refused events of a batch; and what is wrong with the accepted
 * events.
 */
export type Accepted = { readonly faults: readonly Fault[] } & (
  | { readonly kind: "event"; readonly event: AcceptedEvent }
  | {
      readonly kind: "batch";
      /** The valid events, each with its index in the batch. */
      readonly events: readonly { readonly index: number; readonly event: AcceptedEvent }[];
      readonly refused: readonly RefusedEvent[];
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
