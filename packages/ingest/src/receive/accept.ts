import { BATCH_MEDIA_TYPE, type BatchAnswer, EVENT_MEDIA_TYPE } from "@convergint/schemas";
import { type Verifier, type WebhookHeadersInput, WebhookVerificationError } from "@convergint/webhooks";
import type { AcceptedEvent } from "../domain/event.ts";
import { type Arrival, acceptEvent } from "./accept-event.ts";
import { arrayElements } from "./array-elements.ts";
import { DeliveryRefusedError, refusalOf } from "./refusal.ts";
import { parseStrictJson, type StrictJson, StrictJsonError } from "./strict-json.ts";

/** One webhook, as it came. */
export interface Delivery {
  readonly integrationId: string;
  readonly headers: WebhookHeadersInput;
  readonly mediaType: string;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

type RefusedEvent = BatchAnswer["refused"][number];

/** What a delivery came to: one event, or of a batch those that are taken and those that are not. */
export type Accepted =
  | { readonly kind: "event"; readonly event: AcceptedEvent }
  | {
      readonly kind: "batch";
      /** Each with where it stood in the batch. */
      readonly events: readonly { readonly index: number; readonly event: AcceptedEvent }[];
      readonly refused: readonly RefusedEvent[];
    };

const MOST_EVENTS_A_BATCH = 100;

function parse(body: Uint8Array): StrictJson {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    const advice = "Send one CloudEvents event as JSON in UTF-8, or several as an array.";
    throw new DeliveryRefusedError("not_json", `${error.message} ${advice}`);
  }
}

/** What an event of a batch is refused with. @param value the event, of whatever shape */
export function refusedEvent(index: number, value: unknown, code: string, detail: string): RefusedEvent {
  const id = (value as { readonly id?: unknown } | null)?.id;
  return { index, ...(typeof id === "string" && { id: id.slice(0, 256) }), code, detail };
}

/** Judges each event of a batch alone: a bad one loses no other. */
function acceptBatch({ value, text }: StrictJson, arrival: Arrival): Accepted {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_EVENTS_A_BATCH) {
    throw new DeliveryRefusedError(
      "not_an_event",
      `A batch is an array of 1 to ${MOST_EVENTS_A_BATCH} events.`,
    );
  }
  const texts = arrayElements(text);
  const events: { readonly index: number; readonly event: AcceptedEvent }[] = [];
  const refused: RefusedEvent[] = [];
  for (const [index, each] of value.entries()) {
    try {
      events.push({ index, event: acceptEvent(each, texts[index] ?? "", arrival) });
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError)) throw error;
      refused.push(refusedEvent(index, each, error.code, error.message));
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
  const arrival = { ...delivery, byWebhook: true };
  if (mediaType === BATCH_MEDIA_TYPE) return acceptBatch(parse(body), arrival);
  if (mediaType !== EVENT_MEDIA_TYPE) {
    throw new DeliveryRefusedError(
      "unsupported_media_type",
      `Send events with the content type ${EVENT_MEDIA_TYPE}, or several as ${BATCH_MEDIA_TYPE}.`,
    );
  }
  const { value, text } = parse(body);
  const event = acceptEvent(value, text, arrival);
  if (event.eventId !== id) {
    throw new DeliveryRefusedError(
      "id_mismatch",
      "The webhook-id must equal the event's id: it is what repetitions are known by.",
    );
  }
  return { kind: "event", event };
}
