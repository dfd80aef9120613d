import { mediaTypeOf } from "@convergint/internal/media-type";
import {
  describeFieldErrors,
  EVENT_MEDIA_TYPE,
  type Event,
  eventSchema,
  eventSchemaOf,
  fieldErrors,
} from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import { type SecretKey, verifySignature } from "./verify-signature.ts";

/** The largest accepted delivery. */
const MAX_BYTES = 256 * 1024;

/**
 * Rejects bytes that are not UTF-8: such bytes are not JSON, and
 * replacement characters would hide differences.
 */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw new Refusal("not_json", "The body is not JSON in UTF-8. Send one CloudEvents event as JSON.");
  }
}

function readEvent(value: unknown): Event {
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    "not_an_event",
    `The body is not an event of the contract: ${describeFieldErrors(fieldErrors(parsed.error))}`,
  );
}

/** Validates an event with the schema of its type. */
function requireTypeKept(event: Event): void {
  const error = eventSchemaOf(event.type).safeParse(event).error;
  if (error)
    throw new Refusal(
      "invalid_event",
      `The event is not a valid ${event.type}: ${describeFieldErrors(fieldErrors(error))}`,
    );
}

/** A received delivery. */
export interface Arrival {
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly receivedAt: Date;
}

/**
 * Judges a delivery as a consumer must: verifies the raw bytes before parsing them.
 *
 * @param keys every current secret, ready to verify with
 * @throws {Refusal} with the code and status to answer
 * @see spec/1.0/contract.md#receiving
 */
export async function judgeDelivery(
  { headers, body, receivedAt }: Arrival,
  keys: readonly SecretKey[],
): Promise<Event> {
  if (body.length > MAX_BYTES)
    throw new Refusal("payload_too_large", `The delivery has more than ${MAX_BYTES} bytes.`);
  const id = await verifySignature(headers, body, keys, receivedAt);
  if (mediaTypeOf(headers.get("content-type")) !== EVENT_MEDIA_TYPE)
    throw new Refusal("unsupported_media_type", `Send events with the content type ${EVENT_MEDIA_TYPE}.`);
  const event = readEvent(parse(body));
  if (event.id !== id)
    throw new Refusal(
      "id_mismatch",
      "The webhook-id must equal the event's id, because consumers recognise duplicates by webhook-id.",
    );
  requireTypeKept(event);
  return event;
}
