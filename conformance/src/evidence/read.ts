import { mediaTypeOf as readMediaType } from "@convergint/internal/media-type";
import { BATCH_MEDIA_TYPE, sortableTimestamp, timestampSchema } from "@convergint/schemas";
import type { Delivery, Exchange, Listing } from "./exchange.ts";

/** A JSON object of unknown content. Checks read evidence that may be wrong in any way, so nothing is assumed. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value a JSON text stands for, or `undefined` where it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Evidence is never changed, and dozens of checks read the same large pages, or look through the same deliveries. */
const parsed = new WeakMap<Exchange | Delivery, { readonly value: unknown }>();

function parseOnce(from: Exchange | Delivery, parse: () => unknown): unknown {
  const before = parsed.get(from);
  if (before) return before.value;
  const value = parse();
  parsed.set(from, { value });
  return value;
}

/** The JSON value an answer carries, or `undefined` where it carries none. */
export const jsonOf = (exchange: Exchange): unknown =>
  parseOnce(exchange, () => (exchange.response ? parseJson(exchange.response.body) : undefined));

/** The JSON value a delivery carries, or `undefined` where it carries none. */
const bodyOf = (delivery: Delivery): unknown =>
  parseOnce(delivery, () => parseJson(Buffer.from(delivery.bodyBase64, "base64").toString("utf8")));

/** The JSON object an answer carries, or `null` where it carries none. */
export function objectOf(exchange: Exchange): JsonObject | null {
  const value = jsonOf(exchange);
  return isObject(value) ? value : null;
}

/** The JSON object a delivery carries, or `null` where it carries none. */
export function eventOf(delivery: Delivery): JsonObject | null {
  const value = bodyOf(delivery);
  return isObject(value) ? value : null;
}

/** Tells whether a delivery is a batch, or means to be one. */
export const isBatch = (delivery: Delivery): boolean =>
  Array.isArray(bodyOf(delivery)) || mediaTypeOf(delivery.headers) === BATCH_MEDIA_TYPE;

/** The events a delivery carries: one, or those of a batch. */
export function eventsOf(delivery: Delivery): readonly JsonObject[] {
  const value = bodyOf(delivery);
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

/** Formats a delivery's JSON body in the other ways that programs format JSON; empty if it is neither an event nor a batch. */
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

/** Every text in a JSON value, names of members left out. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** One entry of a listing, with where it stands. */
export interface Item {
  /** Id of the exchange whose answer has it. */
  readonly at: string;
  /** JSON pointer into that answer. */
  readonly pointer: string;
  readonly value: unknown;
}

/** Every entry of a listing, in the order it came. */
export function itemsOf(listing: Listing): Item[] {
  return listing.pages.flatMap((page) => {
    const data = objectOf(page)?.["data"];
    if (!Array.isArray(data)) return [];
    return data.map((value: unknown, index) => ({ at: page.id, pointer: `/data/${index}`, value }));
  });
}

/** What the entries of the three listings are named by. */
export type IdName = "org_id" | "site_id" | "device_id";

/** The members that say which org, site or device an entry is; the others may change. */
export const IDENTITY = ["device_id", "org_id", "site_id", "type", "name"] as const;

/** An entry's identity as one text. */
export const identityOf = (entry: JsonObject): string => JSON.stringify(IDENTITY.map((name) => entry[name]));

/** The ids a listing has, in the order they came; entries without one are left out. */
export function idsOf(listing: Listing, name: IdName): string[] {
  return itemsOf(listing).flatMap(({ value }) => (isObject(value) ? (textOf(value, name) ?? []) : []));
}

/** Reads the media type of the `Content-Type` header, lower case and without its parameters. */
export const mediaTypeOf = (headers: Readonly<Record<string, string>>): string =>
  readMediaType(headers["content-type"]);
