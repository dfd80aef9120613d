import { randomUUID } from "node:crypto";
import {
  contractEventType,
  describeFieldErrors,
  EVENT_TYPES,
  eventSchema,
  fieldErrors,
} from "@convergint/schemas";

/** Reports events that cannot be posted as requested; the message says what to give instead. */
export class SendError extends Error {
  readonly code = "cannot_send";
  constructor(message: string) {
    super(message);
    this.name = "SendError";
  }
}

const PREFIX = "com.convergint.";

/** The name of an event type without its prefix and version: `door.forced_open`. */
export const shortNameOf = (type: string): string =>
  type.startsWith(PREFIX) ? type.slice(PREFIX.length).replace(/\.v\d+$/, "") : type;

/** A full name of an event type, which may be a vendor's own: `com.example.barrier_raised.v1`. */
const FULL_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+){2,}\.v\d+$/;

/**
 * Finds an event type by its short or its full name.
 *
 * @throws {SendError} for a name that is neither
 */
export function resolveType(name: string): string {
  const known = EVENT_TYPES.find(({ type }) => type === name || shortNameOf(type) === name);
  if (known) return known.type;
  if (FULL_NAME.test(name) && !name.startsWith(PREFIX)) return name;
  const word = name.split(".").at(-1) ?? name;
  const names = EVENT_TYPES.map(({ type }) => shortNameOf(type));
  const similar = names.filter((each) => each.includes(word));
  throw new SendError(
    `Unknown event type ${JSON.stringify(name)}. Known: ${(similar.length > 0 ? similar : names).join(", ")}.`,
  );
}

/** An event to post. */
export interface EventToSend {
  readonly id: string;
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** What a made-up event is about. */
export interface About {
  readonly org: string;
  readonly site: string;
  readonly device: string;
  /** Further members of `data`, by name. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Makes an event of a type, with the required members of the catalogue's sample. @param time when it happened */
export function createEvent(type: string, { org, site, device, data }: About, time: Date): EventToSend {
  const id = randomUUID();
  const { device_id: _, ...required } = contractEventType(type)?.sample.required ?? {};
  const event = {
    specversion: "1.0",
    id,
    source: "urn:convergint:conformance",
    type,
    subject: device,
    time: time.toISOString(),
    data: { org_id: org, site_id: site, device_id: device, ...required, ...data },
  };
  return { id, type, event };
}

/**
 * Reads events from the text of a file: one event, a list of events, or one event per line.
 *
 * @throws {SendError} for text that has no events
 */
export function readEvents(text: string, file: string): readonly EventToSend[] {
  return parseValues(text, file).map((value, index) => {
    const result = eventSchema.safeParse(value);
    if (result.success) {
      const event = value as Readonly<Record<string, unknown>>;
      return { id: result.data.id, type: result.data.type, event };
    }
    const problems = describeFieldErrors(fieldErrors(result.error));
    throw new SendError(`Event ${index + 1} of ${file} is not valid: ${problems}`);
  });
}

function parseValues(text: string, file: string): readonly unknown[] {
  const parse = (json: string): unknown => {
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  };
  const whole = parse(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const values = lines.map(parse);
  const wrong = values.indexOf(undefined);
  if (wrong === -1 && values.length > 0) return values;
  throw new SendError(
    `${file} is neither JSON nor one JSON value per line${wrong > 0 ? `: see line ${wrong + 1}` : ""}.`,
  );
}
