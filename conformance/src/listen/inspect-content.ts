import {
  BATCH_MEDIA_TYPE,
  EVENT_MEDIA_TYPE,
  eventSchemaOf,
  fieldErrors,
  isEventTypeName,
} from "@convergint/schemas";
import { isObject, mediaTypeOf, parseJson, textOf } from "../evidence/read.ts";
import { type FieldProblem, type ReceivedDelivery, type Step, step } from "./inspection.ts";

const MAX_BYTES = 256 * 1024;
const MAX_EVENTS = 100;
/** How many problems are listed. The step says how many there are. */
const MAX_PROBLEMS = 200;

/** The content of a delivery. */
export interface Content {
  readonly steps: readonly Step[];
  readonly problems: readonly FieldProblem[];
  readonly eventTypes: readonly string[];
  readonly text: string;
}

function inspectMediaType(mediaType: string): Step {
  if (mediaType === EVENT_MEDIA_TYPE) return step("media_type", "ok", "One event.", "EVT-002");
  if (mediaType === BATCH_MEDIA_TYPE) return step("media_type", "ok", "A batch of events.", "DLV-012");
  const actual = mediaType === "" ? "The content-type header is missing" : `The content-type is ${mediaType}`;
  return step(
    "media_type",
    "wrong",
    `${actual}. Send ${EVENT_MEDIA_TYPE}, or ${BATCH_MEDIA_TYPE} for an array of events.`,
    "EVT-002",
  );
}

/** Decodes UTF-8; returns `null` for invalid bytes. */
function decodeUtf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function inspectJson(text: string | null, value: unknown, bytes: number): Step {
  if (bytes > MAX_BYTES) {
    return step("json", "wrong", `The body has ${bytes} bytes; the maximum is ${MAX_BYTES}.`, "EVT-012");
  }
  if (text === null)
    return step("json", "wrong", "The body is not UTF-8. Encode the JSON as UTF-8.", "EVT-002");
  if (text.startsWith("\ufeff")) {
    return step("json", "wrong", "The body starts with a byte order mark. Remove it.", "EVT-002");
  }
  if (value === undefined) {
    return step("json", "wrong", `The body is not JSON: ${explainInvalidJson(text)}`, "EVT-002");
  }
  return step("json", "ok", `${bytes} bytes of JSON.`, "EVT-012");
}

function explainInvalidJson(text: string): string {
  if (text.trim() === "") return "it is empty.";
  try {
    JSON.parse(text);
    return "it cannot be parsed.";
  } catch (error) {
    return `${(error as Error).message}.`;
  }
}

/** Validates one event. @param at JSON pointer to the event */
function validateEvent(event: unknown, at: string): readonly FieldProblem[] {
  const type = isObject(event) ? (textOf(event, "type") ?? "") : "";
  const schema = eventSchemaOf(type);
  const parsed = schema.safeParse(event);
  return parsed.success
    ? []
    : fieldErrors(parsed.error, schema).map((error) => ({ ...error, pointer: at + error.pointer }));
}

function inspectEvents(
  events: readonly unknown[],
  problems: readonly FieldProblem[],
  isBatch: boolean,
): Step {
  const requirement = isBatch ? "DLV-012" : "EVT-002";
  if (isBatch && (events.length === 0 || events.length > MAX_EVENTS)) {
    return step(
      "event",
      "wrong",
      `A batch must have 1 to ${MAX_EVENTS} events; this one has ${events.length}.`,
      requirement,
    );
  }
  if (problems.length > 0) {
    const fields = problems.length === 1 ? "1 field does" : `${problems.length} fields do`;
    return step("event", "wrong", `${fields} not match the contract.`, requirement);
  }
  const types = listTypes(events);
  const custom = types.filter((type) => !isEventTypeName(type));
  const note = custom.length > 0 ? " For a custom event type, only the common fields were checked." : "";
  const what = isBatch ? `${events.length} valid events` : "A valid event";
  return step("event", "ok", `${what}: ${[...new Set(types)].join(", ")}.${note}`, requirement);
}

const listTypes = (events: readonly unknown[]): string[] =>
  events.flatMap((event) => (isObject(event) ? (textOf(event, "type") ?? []) : []));

/** Checks that the webhook-id is the id of a single event. */
function inspectId(events: readonly unknown[], webhookId: string | null): readonly Step[] {
  const [event] = events;
  const id = isObject(event) ? textOf(event, "id") : null;
  if (id === null || webhookId === null || id === webhookId) return [];
  return [
    step(
      "event",
      "wrong",
      "The webhook-id differs from the event id. Send the event id as webhook-id, so that consumers can detect duplicates.",
      "SIG-003",
    ),
  ];
}

/** Checks the media type, the JSON, and each event against the schema of its type. */
export function inspectContent({ headers, body }: ReceivedDelivery): Content {
  const mediaType = mediaTypeOf(headers);
  const text = decodeUtf8(body);
  // Anyone can post, so a body above the limit is not parsed.
  const value = text === null || body.length > MAX_BYTES ? undefined : parseJson(text);
  const json = inspectJson(text, value, body.length);
  const shown = text ?? Buffer.from(body).toString("latin1");
  const first = [inspectMediaType(mediaType), json];
  if (value === undefined) {
    const why = body.length > MAX_BYTES ? "too large" : "not JSON";
    const unknown = step("event", "unknown", `Not checked: the body is ${why}.`, "EVT-002");
    return { steps: [...first, unknown], problems: [], eventTypes: [], text: shown };
  }
  const isBatch = mediaType === BATCH_MEDIA_TYPE || (mediaType !== EVENT_MEDIA_TYPE && Array.isArray(value));
  if (isBatch !== Array.isArray(value)) {
    const mixed = isBatch
      ? step(
          "event",
          "wrong",
          "A batch must be an array of events. Put the event into an array, or send it as application/cloudevents+json.",
          "DLV-012",
        )
      : step(
          "event",
          "wrong",
          "The body is an array. Send arrays of events as application/cloudevents-batch+json.",
          "EVT-002",
        );
    return { steps: [...first, mixed], problems: [], eventTypes: [], text: shown };
  }
  const events = Array.isArray(value) ? value : [value];
  if (events.length > MAX_EVENTS) {
    const steps = [...first, inspectEvents(events, [], isBatch)];
    return { steps, problems: [], eventTypes: [], text: shown };
  }
  const problems = events.flatMap((event, index) => validateEvent(event, isBatch ? `/${index}` : ""));
  const ids = isBatch ? [] : inspectId(events, headers["webhook-id"] ?? null);
  return {
    steps: [...first, inspectEvents(events, problems, isBatch), ...ids],
    problems: problems.slice(0, MAX_PROBLEMS),
    eventTypes: listTypes(events),
    text: shown,
  };
}
