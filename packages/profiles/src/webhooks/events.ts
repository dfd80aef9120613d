import { createHash } from "node:crypto";
import { toShownValue } from "@convergint/internal/printable";
import { eventIdSchema } from "@convergint/schemas";
import { ExpressionError, type Place, ProfileDeliveryError } from "../errors.ts";
import { Expression, type Variables } from "../expression.ts";
import type { Profile } from "../read-profile.ts";
import { createFieldMapper, type FieldMapper } from "../record.ts";
import { guardEach } from "../sandbox.ts";
import { toTimestamp } from "../times.ts";
import { type EventRule, eventDataShape, requiredFields, type WebhookRules } from "./document.ts";

/** The type of an event that no rule of the profile maps. It is kept, so that nothing a vendor sends is lost. */
export const UNMAPPED_EVENT = "com.convergint.vendor.unmapped.v1";

/** The maximum number of events in one delivery. */
const MAX_EVENTS = 1_000;
/** An unmapped event is kept in full up to this size. */
const MAX_PAYLOAD_CHARACTERS = 16_384;

/** Where an event is in its delivery. */
interface Position {
  /** Counted from 0. */
  readonly index: number;
}

/** An event that could not be mapped because of the profile; the others of the delivery are not affected. */
interface RefusedEvent extends Position {
  readonly code: ExpressionError["code"] | "not_an_event" | "invalid_event";
  readonly detail: string;
  readonly place: Place | null;
}

/** An optional member that was left out of an event. */
interface EventFault extends Position {
  readonly id: string;
  readonly pointer: string;
  readonly message: string;
  readonly value: unknown;
  readonly place: Place;
}

/** What the events of a delivery became. */
export interface MappedEvents {
  /** Events of the contract. `org_id` and `site_id` are absent if neither the profile nor the event has them. */
  readonly events: readonly (Position & { readonly value: ContractEventObject })[];
  readonly refused: readonly RefusedEvent[];
  /** Events without a rule, each of which is in `events` too, with the vendor's word for its type. */
  readonly unmapped: readonly (Position & { readonly word: string | null })[];
  /** The vendor's words for types and statuses that the profile does not translate. */
  readonly words: readonly { readonly kind: "type" | "status"; readonly word: string }[];
  readonly faults: readonly EventFault[];
  /** How many events the profile ignores on purpose. */
  readonly ignored: number;
}

/** A CloudEvents event as JSON. */
export interface ContractEventObject {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject?: string;
  readonly datacontenttype: "application/json";
  readonly data: Readonly<Record<string, unknown>>;
}

type Phase = "start" | "end";
type Outcome =
  /** `absent`: the event to make is the end of a span, and the span has not ended. */
  | { readonly kind: "ignored" | "absent" }
  | {
      readonly kind: "refused";
      readonly code: RefusedEvent["code"];
      readonly detail: string;
      readonly place: Place | null;
    }
  | {
      readonly kind: "mapped" | "unmapped";
      readonly value: ContractEventObject;
      readonly faults: readonly Omit<EventFault, "index">[];
      readonly words: MappedEvents["words"];
    };
type IdRule = NonNullable<EventRule["id"]>;

const refuse = (code: RefusedEvent["code"], detail: string, place: Place | null): Outcome => ({
  kind: "refused",
  code,
  detail,
  place,
});

/** A stable text for values that identify an event. */
const hash = (values: unknown): string =>
  `h_${createHash("sha256").update(JSON.stringify(values)).digest("base64url")}`;

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

/** Evaluates the id; `null` if the event has nothing that identifies it. */
function findId(rule: IdRule, variables: Variables, type: string): string | null {
  if (!(rule instanceof Expression)) {
    const values = rule.derived.map((each) => each.evaluate(variables) ?? null);
    // Without any value to hash, all events of the type would get the same id and count as duplicates of one another.
    return values.every(isAbsent) ? null : hash([type, ...values]);
  }
  const id = rule.evaluate(variables);
  if (isAbsent(id) || typeof id === "object") return null;
  const text = String(id);
  return isEventId(text) ? text : hash([text]);
}

/** Whether a text may be an event's id. One with a dot may not, because it would make the signed message ambiguous. */
const isEventId = (text: string): boolean => eventIdSchema.safeParse(text).success;

function addPhase(id: string, phase: Phase | null): string {
  const whole = phase === null ? id : `${id}-${phase}`;
  return isEventId(whole) ? whole : hash([whole]);
}

/** `urn:` and the profile, and the org if the event names it: the same for every event of one org. */
export function toSource(name: string, orgId: unknown): string {
  const org = typeof orgId === "string" ? `:org:${encodeURIComponent(orgId)}` : "";
  return `urn:convergint-profile:${name}${org}`;
}

function toEvent(
  profile: string,
  id: string,
  type: string,
  time: string,
  data: Readonly<Record<string, unknown>>,
): ContractEventObject {
  const deviceId = data["device_id"];
  return {
    specversion: "1.0",
    id,
    source: toSource(profile, data["org_id"]),
    type,
    time,
    ...(typeof deviceId === "string" && { subject: deviceId }),
    datacontenttype: "application/json",
    data,
  };
}

/** Whether a condition holds. One that reads a missing member does not. */
function holds(condition: Expression, variables: Variables): boolean {
  const value = condition.evaluate(variables);
  if (value === undefined || value === null || typeof value === "boolean") return value === true;
  throw new ExpressionError("expression_failed", condition.place, "The condition is neither true nor false.");
}

/** A rule of the profile with its defaults, prepared for many events. */
interface PreparedRule {
  readonly when: Expression;
  readonly type: string;
  readonly id: IdRule;
  readonly time: NonNullable<EventRule["time"]>;
  readonly mapFields: FieldMapper;
}

function mapByRule(rule: PreparedRule, variables: Variables, phase: Phase | null, profile: string): Outcome {
  const { type } = rule;
  const id = findId(rule.id, variables, type);
  if (id === null) return refuse("invalid_event", "The event has no id.", placeOfId(rule.id));
  const { value, time: unit } = rule.time;
  const sent = value.evaluate(variables);
  const time = toTimestamp(sent, unit);
  if (time === null)
    return refuse(
      "invalid_event",
      `The event's time must be in ${unit}, but is ${toShownValue(sent)}.`,
      value.place,
    );
  const { record, faults, unmapped } = rule.mapFields(variables);
  const whole = addPhase(id, phase);
  if (record === null) {
    const reason = faults.find(({ setAside }) => setAside) ?? faults[0];
    return refuse(
      "invalid_event",
      `${reason?.pointer ?? ""}: ${reason?.message ?? ""}`,
      reason?.place ?? null,
    );
  }
  return {
    kind: "mapped",
    value: toEvent(profile, whole, type, time, record),
    faults: faults.map((fault) => ({ ...fault, id: whole })),
    words: unmapped,
  };
}

const placeOfId = (rule: IdRule): Place | null =>
  rule instanceof Expression ? rule.place : (rule.derived[0]?.place ?? null);

/** Keeps an event that the profile does not map, with what all events of the profile have. */
function keepUnmapped(
  { id, time, vendor_type }: WebhookRules,
  mapFields: FieldMapper,
  variables: Variables,
  phase: Phase | null,
  profile: string,
  receivedAt: Date,
): Outcome {
  const { event } = variables;
  const json = JSON.stringify(event);
  const found = id === undefined ? null : findId(id, variables, UNMAPPED_EVENT);
  const at = time === undefined ? null : toTimestamp(time.value.evaluate(variables), time.time);
  const { record, faults, unmapped } = mapFields(variables);
  const word = vendor_type?.evaluate(variables);
  const vendorType =
    isAbsent(word) || typeof word === "object" ? {} : { vendor_event_type: String(word).slice(0, 256) };
  const payload = json.length <= MAX_PAYLOAD_CHARACTERS ? { payload: event } : {};
  return {
    kind: "unmapped",
    value: toEvent(
      profile,
      addPhase(found ?? hash(event), phase),
      UNMAPPED_EVENT,
      at ?? receivedAt.toISOString(),
      { ...record, ...vendorType, ...payload },
    ),
    faults: faults.map((fault) => ({ ...fault, id: found ?? "" })),
    words: unmapped,
  };
}

/** Runs a function for each item; an expression that fails or never ends affects only its own item. */
function mapEach<Item>(items: readonly Item[], work: (item: Item) => Outcome): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  const toRefusal = (error: unknown): Outcome => {
    if (!(error instanceof ExpressionError)) throw error;
    return refuse(error.code, error.message, error.place);
  };
  const mapOne = (index: number): void => {
    try {
      outcomes[index] = work(items[index] as Item);
    } catch (error) {
      outcomes[index] = toRefusal(error);
    }
  };
  for (let rest = [...items.keys()]; rest.length > 0; ) {
    try {
      guardEach(rest, mapOne);
      rest = [];
    } catch (error) {
      // The watchdog stopped the first item without an outcome. Its expression is blocked now, so this ends soon.
      const stopped = rest.findIndex((index) => outcomes[index] === undefined);
      const index = rest[stopped];
      if (index === undefined) throw error;
      outcomes[index] = toRefusal(error);
      rest = rest.slice(stopped + 1);
    }
  }
  return outcomes;
}

/** Finds the events of a body. @throws {ProfileDeliveryError} `not_an_event`, or the code of the expression */
function findEvents(envelope: WebhookRules["envelope"], variables: Variables): readonly unknown[] {
  const { events: path } = envelope;
  if (path === undefined) return [variables["body"]];
  const fail = (code: ProfileDeliveryError["code"], message: string) =>
    new ProfileDeliveryError(code, message, { signed: true, place: path.place });
  let events: unknown;
  try {
    events = path.evaluate(variables);
  } catch (error) {
    throw error instanceof ExpressionError ? fail(error.code, error.message) : error;
  }
  if (!Array.isArray(events)) throw fail("not_an_event", `The body has no list at ${path.source}.`);
  if (events.length > MAX_EVENTS) throw fail("not_an_event", `The body has more than ${MAX_EVENTS} events.`);
  return events;
}

/** Maps the events of verified, parsed and redacted bodies. */
export type MapDelivery = (
  body: unknown,
  headers: Readonly<Record<string, string>>,
  receivedAt: Date,
) => MappedEvents;

/** The vendor implements the contract, so its events need no mapping. */
const passThrough: MapDelivery = (body) => ({
  events: (Array.isArray(body) ? body : [body]).map((value, index) => ({ index, value })),
  refused: [],
  unmapped: [],
  words: [],
  faults: [],
  ignored: 0,
});

/**
 * Compiles the event rules of a profile.
 *
 * @param options.settings what the operator entered for the integration
 * @returns a function that maps a body. It throws {@link ProfileDeliveryError} if the envelope is not what the profile says
 */
export function createEventMapper(
  profile: Profile,
  { settings = {} }: { readonly settings?: Readonly<Record<string, string>> } = {},
): MapDelivery {
  const { webhooks } = profile.document;
  if (profile.document.canonical === true || webhooks === undefined) return passThrough;
  const prepareFields = (type: string, own: EventRule["fields"]): FieldMapper => {
    const shape = eventDataShape(type);
    const fields = { ...webhooks.fields, ...own };
    return createFieldMapper({
      profile,
      shape,
      fields,
      required: shape === null ? [] : requiredFields(shape),
    });
  };
  const rules = webhooks.events.map(
    ({ when, type, id = webhooks.id, time = webhooks.time, fields }): PreparedRule => {
      if (id === undefined || time === undefined)
        throw new TypeError("The schema requires an id and a time.");
      return { when, type, id, time, mapFields: prepareFields(type, fields) };
    },
  );
  const mapCommon = prepareFields(UNMAPPED_EVENT, {});

  function mapEvent(variables: Variables, phase: Phase | null, receivedAt: Date): Outcome {
    const { event } = variables;
    if (typeof event !== "object" || event === null)
      return refuse("not_an_event", `Expected an object, not ${toShownValue(event)}.`, null);
    const rule = rules.find(({ when }) => holds(when, variables));
    if (rule !== undefined) return mapByRule(rule, variables, phase, profile.name);
    if (webhooks?.ignore.some((condition) => holds(condition, variables))) return { kind: "ignored" };
    return keepUnmapped(webhooks as WebhookRules, mapCommon, variables, phase, profile.name, receivedAt);
  }

  return (body, headers, receivedAt) => {
    const common = { body, headers, setting: settings };
    const { span } = webhooks.envelope;
    const events = findEvents(webhooks.envelope, common);
    const phases: readonly (Phase | null)[] = span === undefined ? [null] : ["start", "end"];
    const parts = events.flatMap((event, index) => phases.map((phase) => ({ event, index, phase })));
    const outcomes = mapEach(parts, ({ event, phase }) => {
      const variables = { ...common, event, phase };
      const ended = phase === "end" ? span?.ended.evaluate(variables) : true;
      if (isAbsent(ended) || ended === false) return { kind: "absent" };
      return mapEvent(variables, phase, receivedAt);
    });
    return collect(
      parts.map(({ index }) => index),
      outcomes,
    );
  };
}

function collect(indexes: readonly number[], outcomes: readonly Outcome[]): MappedEvents {
  const placed = outcomes.map((outcome, at) => ({ index: indexes[at] ?? 0, outcome }));
  const kept = placed.flatMap(({ index, outcome }) => ("value" in outcome ? [{ index, ...outcome }] : []));
  return {
    events: kept.map(({ index, value }) => ({ index, value })),
    refused: placed.flatMap(({ index, outcome }) => {
      if (outcome.kind !== "refused") return [];
      const { code, detail, place } = outcome;
      return [{ index, code, detail, place }];
    }),
    unmapped: kept.flatMap(({ index, kind, value }) => {
      const word = value.data["vendor_event_type"];
      return kind === "unmapped" ? [{ index, word: typeof word === "string" ? word : null }] : [];
    }),
    words: kept.flatMap(({ words }) => words),
    faults: kept.flatMap(({ index, faults }) => faults.map((fault) => ({ index, ...fault }))),
    ignored: placed.filter(({ outcome }) => outcome.kind === "ignored").length,
  };
}
