import { mediaTypeOf as readMediaType } from "@convergint/internal/media-type";
import { BATCH_MEDIA_TYPE, sortableTimestamp, timestampSchema } from "@convergint/schemas";
import type { Delivery, Exchange, Listing } from "./exchange.ts";

/**
 * Describes the smallest tenant that can be certified, for messages about a tenant that is too small. @see
 * spec/1.0/contract.md#sandbox-control
 */
export const SMALLEST_ESTATE =
  "The smallest tenant that can be certified has an org with two sites, one of them without devices. It has two online devices, and neither device is behind the other.";

/** An access token, with the details that the issuing response contains. */
export interface AccessToken {
  readonly token: string;
  /** In seconds; `null` if the response does not say. */
  readonly expiresIn: number | null;
}

/**
 * Returns the access token that a response issued, or `null` if it issued none. The response may still be
 * wrong in other ways.
 */
export function readAccessToken(issued: Exchange): AccessToken | null {
  if (issued.response?.status !== 200) return null;
  const token = textOf(objectOf(issued), "access_token");
  if (token === null || !/^[\x21-\x7e]+$/.test(token)) return null;
  const expiresIn = objectOf(issued)?.["expires_in"];
  return { token, expiresIn: typeof expiresIn === "number" && expiresIn > 0 ? expiresIn : null };
}

/** A JSON object of unknown content. Evidence may be wrong in any way, so checks assume nothing. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parses JSON; returns `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Caches parsed bodies, because dozens of checks read the same large pages and deliveries. Evidence never
 * changes.
 */
const parsed = new WeakMap<Exchange | Delivery, { readonly value: unknown }>();

function parseOnce(from: Exchange | Delivery, parse: () => unknown): unknown {
  const before = parsed.get(from);
  if (before) return before.value;
  const value = parse();
  parsed.set(from, { value });
  return value;
}

/**
 * Makes a copy share the parsed body of its original, so that a large page is not parsed and stored twice.
 * @param copy an exchange or delivery with the same body
 */
export function shareParsedBody<Kept extends Exchange | Delivery>(original: Kept, copy: Kept): void {
  const before = parsed.get(original);
  if (before) parsed.set(copy, before);
}

/** Tells whether a call was answered with 2xx. */
export const isSuccess = ({ response }: Exchange): boolean =>
  response !== null && response.status >= 200 && response.status < 300;

/** Returns when a call was answered, in Unix milliseconds. */
export const answeredAt = ({ startedAt, durationMs }: Exchange): number => Date.parse(startedAt) + durationMs;

/** Returns the JSON value of a response, or `undefined` if it has none. */
export const jsonOf = (exchange: Exchange): unknown =>
  parseOnce(exchange, () => (exchange.response ? parseJson(exchange.response.body) : undefined));

/** Returns the JSON value of a delivery, or `undefined` if it has none. */
export const bodyOf = (delivery: Delivery): unknown =>
  parseOnce(delivery, () => parseJson(Buffer.from(delivery.bodyBase64, "base64").toString("utf8")));

/** Returns the JSON object of a response, or `null` if it has none. */
export function objectOf(exchange: Exchange): JsonObject | null {
  const value = jsonOf(exchange);
  return isObject(value) ? value : null;
}

/** Returns the JSON object of a delivery, or `null` if it has none. */
export function eventOf(delivery: Delivery): JsonObject | null {
  const value = bodyOf(delivery);
  return isObject(value) ? value : null;
}

/** Tells whether a delivery is a batch, by its body or its media type. */
export const isBatch = (delivery: Delivery): boolean =>
  Array.isArray(bodyOf(delivery)) || mediaTypeOf(delivery.headers) === BATCH_MEDIA_TYPE;

/** Returns the events of a delivery: a single event, or the events of a batch. */
export function eventsOf(delivery: Delivery): readonly JsonObject[] {
  const value = bodyOf(delivery);
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

/**
 * Formats a delivery's JSON body in the other ways that programs format JSON; empty if the body is neither an
 * event nor a batch.
 */
export function reformatBody(delivery: Delivery): string[] {
  const value = bodyOf(delivery);
  if (!isObject(value) && !Array.isArray(value)) return [];
  return [undefined, 2, 4].map((indent) => JSON.stringify(value, null, indent));
}

/** Returns an event's time and sequence as one string that sorts in the contract's order; `null` without a valid time. */
export function toOrderKey(event: JsonObject | null): string | null {
  const time = timestampSchema.safeParse(event?.["time"]);
  return time.success ? `${sortableTimestamp(time.data)} ${textOf(event, "sequence") ?? ""}` : null;
}

/** Reads a member that should be a string. */
export const textOf = (object: JsonObject | null, name: string): string | null => {
  const value = object?.[name];
  return typeof value === "string" ? value : null;
};

/** Reads a member that should be an object. */
export const memberOf = (object: JsonObject | null, name: string): JsonObject | null => {
  const value = object?.[name];
  return isObject(value) ? value : null;
};

/** Reads a member that should be a list of objects; entries that are not objects are left out. */
export const listOf = (object: JsonObject | null, name: string): readonly JsonObject[] => {
  const value = object?.[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

/**
 * Returns a key that identifies a device's hardware independently of the device's id; `null` for a device
 * without a serial number.
 */
export function hardwareOf(device: JsonObject): string | null {
  const [serial, maker] = [textOf(device, "serial_number"), textOf(device, "manufacturer")];
  return serial === null || maker === null ? null : JSON.stringify([maker, textOf(device, "model"), serial]);
}

/** Returns every string in a JSON value, except member names. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** One entry of a listing, with the exchange and the JSON pointer where it was found. */
export interface Item {
  /** Id of the exchange whose response contains the entry. */
  readonly at: string;
  /** JSON pointer into that response. */
  readonly pointer: string;
  readonly value: unknown;
}

/** Returns every entry of a listing, in order. */
export function itemsOf(listing: Listing): Item[] {
  return listing.pages.flatMap((page) => {
    const data = objectOf(page)?.["data"];
    if (!Array.isArray(data)) return [];
    return data.map((value: unknown, index) => ({ at: page.id, pointer: `/data/${index}`, value }));
  });
}

/** One entry of a listing that is an object, with its place. */
export interface Entry extends Item {
  readonly value: JsonObject;
}

/** Returns the entries of a listing that are objects, in order. */
export const entriesOf = (listing: Listing): Entry[] =>
  itemsOf(listing).flatMap(({ value, ...place }) => (isObject(value) ? [{ ...place, value }] : []));

/**
 * Returns the moment that a listing describes, in Unix milliseconds; `null` if the listing has no valid
 * `as_of`.
 */
function momentOf({ pages: [page] }: Listing): number | null {
  const asOf = textOf(memberOf(page ? objectOf(page) : null, "snapshot"), "as_of");
  return timestampSchema.safeParse(asOf).success ? Date.parse(String(asOf)) : null;
}

/** Returns when a response was complete, by the suite's clock, in Unix milliseconds. */
export const endOf = ({ startedAt, durationMs }: Exchange): number => Date.parse(startedAt) + durationMs;

/** A `Date` header has whole seconds, and two servers of one vendor may differ by some seconds. */
const CLOCK_MARGIN_MS = 4000;

/**
 * Tells whether a listing must show the effect of a command, because its `as_of` is after the command. A
 * listing from an index or a replica may lag behind. @see spec/1.0/contract.md#page-011
 */
export function isFromAfter(command: Exchange, listing: Listing): boolean {
  const date = Date.parse(command.response?.headers["date"] ?? "");
  const moment = momentOf(listing);
  return moment === null || moment >= (Number.isNaN(date) ? endOf(command) : date) + CLOCK_MARGIN_MS;
}

/**
 * Returns the time up to which a listing certainly includes every change, in Unix milliseconds by the suite's
 * clock. A listing describes one moment, which may be before its first page was requested. @see
 * spec/1.0/contract.md#page-011
 */
export function coveredUntil(listing: Listing): number {
  const [page] = listing.pages;
  if (page === undefined) return 0;
  const date = Date.parse(page.response?.headers["date"] ?? "");
  const answered = Number.isNaN(date) ? endOf(page) : date;
  const lag = Math.max(0, answered - (momentOf(listing) ?? answered));
  return Date.parse(page.startedAt) - lag - CLOCK_MARGIN_MS;
}

/** The id members of the three listings. */
export type IdName = "org_id" | "site_id" | "device_id";

/** The members that identify an org, site or device; other members may change. */
export const IDENTITY = ["device_id", "org_id", "site_id", "type", "name"] as const;

/** Returns an entry's identity as one string. */
export const identityOf = (entry: JsonObject): string => JSON.stringify(IDENTITY.map((name) => entry[name]));

/** Returns the ids of a listing, in order; entries without an id are left out. */
export function idsOf(listing: Listing, name: IdName): string[] {
  return entriesOf(listing).flatMap(({ value }) => textOf(value, name) ?? []);
}

/** The filters of a listing of devices. A device matches if it has each of these values. */
export type DeviceFilters = Readonly<Partial<Record<"org_id" | "site_id" | "system_id", string>>>;

/** Returns the ids of the devices that match all filters, in the order of the listing. */
export const idsWhere = (devices: Listing, filters: DeviceFilters): string[] =>
  entriesOf(devices).flatMap(({ value }) =>
    Object.entries(filters).every(([name, id]) => value[name] === id)
      ? (textOf(value, "device_id") ?? [])
      : [],
  );

/** Returns the media type of a `Content-Type` header, without parameters. */
export const mediaTypeOf = (headers: Readonly<Record<string, string>>): string =>
  readMediaType(headers["content-type"]);
