import {
  BATCH_MEDIA_TYPE,
  EVENT_MEDIA_TYPE,
  eventSchemaOf,
  fieldErrors,
  isEventTypeName,
} from "@convergint/schemas";
import { isObject, parseJson, textOf } from "../evidence/read.ts";
import { type FieldProblem, type ReceivedDelivery, type Step, step } from "./inspection.ts";

const MOST_BYTES = 256 * 1024;
const MOST_EVENTS = 100;

/** What is in a delivery, whoever sent it. */
export interface Content {
  readonly steps: readonly Step[];
  readonly problems: readonly FieldProblem[];
  readonly eventTypes: readonly string[];
  readonly text: string;
}

const mediaTypeOf = (headers: ReceivedDelivery["headers"]): string =>
  (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

function mediaTypeStep(mediaType: string): Step {
  if (mediaType === EVENT_MEDIA_TYPE) return step("media_type", "ok", "One event.", "EVT-002");
  if (mediaType === BATCH_MEDIA_TYPE) return step("media_type", "ok", "A batch of events.", "DLV-012");
  const came = mediaType === "" ? "There is no content-type" : `The content-type is ${mediaType}`;
  return step(
    "media_type",
    "wrong",
    `${came}. Send ${EVENT_MEDIA_TYPE}, or ${BATCH_MEDIA_TYPE} for an array of events.`,
    "EVT-002",
  );
}

/** The body as text; `null` where its bytes are not UTF-8. */
function utf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function jsonStep(text: string | null, value: unknown, bytes: number): Step {
  if (bytes > MOST_BYTES) {
    return step("json", "wrong", `The body has ${bytes} bytes; ${MOST_BYTES} is the most.`, "EVT-012");
  }
  if (text === null)
    return step("json", "wrong", "The body is not UTF-8. Encode the JSON as UTF-8.", "EVT-002");
  if (text.startsWith("\ufeff")) {
    return step("json", "wrong", "The body begins with a byte order mark. Write it without one.", "EVT-002");
  }
  if (value === undefined) {
    return step("json", "wrong", `The body is not JSON: ${reasonOf(text)}`, "EVT-002");
  }
  return step("json", "ok", `${bytes} bytes of JSON.`, "EVT-012");
}

function reasonOf(text: string): string {
  if (text.trim() === "") return "it is empty.";
  try {
    JSON.parse(text);
    return "it cannot be read.";
  } catch (error) {
    return `${(error as Error).message}.`;
  }
}

/** The problems of one event. @param at pointer to it */
function problemsOf(event: unknown, at: string): readonly FieldProblem[] {
  const type = isObject(event) ? (textOf(event, "type") ?? "") : "";
  const schema = eventSchemaOf(type);
  const parsed = schema.safeParse(event);
  return parsed.success
    ? []
    : fieldErrors(parsed.error, schema).map((error) => ({ ...error, pointer: at + error.pointer }));
}

function eventStep(events: readonly unknown[], problems: readonly FieldProblem[], isBatch: boolean): Step {
  const requirement = isBatch ? "DLV-012" : "EVT-002";
  if (isBatch && (events.length === 0 || events.length > MOST_EVENTS)) {
    return step(
      "event",
      "wrong",
      `A batch has 1 to ${MOST_EVENTS} events; this one has ${events.length}.`,
      requirement,
    );
  }
  if (problems.length > 0) {
    const fields = problems.length === 1 ? "One field is" : `${problems.length} fields are`;
    return step(
      "event",
      "wrong",
      `${fields} not as the contract has ${problems.length === 1 ? "it" : "them"}.`,
      requirement,
    );
  }
  const types = typesOf(events);
  const own = types.filter((type) => !isEventTypeName(type));
  const note =
    own.length > 0 ? " Of a type of the vendor's own, only what every event has was looked at." : "";
  const what = isBatch ? `${events.length} valid events` : "A valid event";
  return step("event", "ok", `${what}: ${[...new Set(types)].join(", ")}.${note}`, requirement);
}

const typesOf = (events: readonly unknown[]): string[] =>
  events.flatMap((event) => (isObject(event) ? (textOf(event, "type") ?? []) : []));

/** The id that one event's delivery is to be known by. */
function idStep(events: readonly unknown[], webhookId: string | null): readonly Step[] {
  const [event] = events;
  const id = isObject(event) ? textOf(event, "id") : null;
  if (id === null || webhookId === null || id === webhookId) return [];
  return [
    step(
      "event",
      "wrong",
      "webhook-id is not the event's id. Send the id of the event as webhook-id, so that repetitions are known by it.",
      "SIG-003",
    ),
  ];
}

/** Looks at what a delivery says: its media type, its JSON, and each event by the schema of its type. */
export function contentSteps({ headers, body }: ReceivedDelivery): Content {
  const mediaType = mediaTypeOf(headers);
  const text = utf8(body);
  const value = text === null ? undefined : parseJson(text);
  const json = jsonStep(text, value, body.length);
  const shown = text ?? Buffer.from(body).toString("latin1");
  const first = [mediaTypeStep(mediaType), json];
  if (value === undefined) {
    const unknown = step("event", "unknown", "Cannot be told until the body is JSON.", "EVT-002");
    return { steps: [...first, unknown], problems: [], eventTypes: [], text: shown };
  }
  const isBatch = mediaType === BATCH_MEDIA_TYPE || (mediaType !== EVENT_MEDIA_TYPE && Array.isArray(value));
  if (isBatch !== Array.isArray(value)) {
    const mixed = isBatch
      ? step(
          "event",
          "wrong",
          "A batch is an array of events, and this is none. Put the event in an array, or send it as application/cloudevents+json.",
          "DLV-012",
        )
      : step(
          "event",
          "wrong",
          "The body is an array. Send an array of events as application/cloudevents-batch+json.",
          "EVT-002",
        );
    return { steps: [...first, mixed], problems: [], eventTypes: [], text: shown };
  }
  const events = Array.isArray(value) ? value : [value];
  const problems = events.flatMap((event, index) => problemsOf(event, isBatch ? `/${index}` : ""));
  const ids = isBatch ? [] : idStep(events, headers["webhook-id"] ?? null);
  return {
    steps: [...first, eventStep(events, problems, isBatch), ...ids],
    problems,
    eventTypes: typesOf(events),
    text: shown,
  };
}
