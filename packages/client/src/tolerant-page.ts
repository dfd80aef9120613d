import { toShownText, toShownValue } from "@convergint/internal/printable";
import type { Secrets } from "@convergint/internal/secrets";
import {
  type Fault,
  fieldErrors,
  type Page,
  pageEnvelopeSchema,
  parseTolerantly,
  toPointer,
} from "@convergint/schemas";
import { invalidPayload, type RawAnswer, readJson } from "./answer.ts";
import type { ListingKind } from "./listing-kinds.ts";
import { type ResponseLimits, requireItemCount, sizeOf } from "./response-limits.ts";

/** A part of a listing that the contract does not allow. Texts of the vendor are printable, cut, and without the credential. */
export interface ListingFault {
  /** What has the fault. `page` is the page around the records. */
  readonly record: "org" | "site" | "device" | "event" | "page";
  /** Id of the record; `null` if it has none that can be shown. */
  readonly id: string | null;
  /** JSON pointer (RFC 6901) into the record. */
  readonly pointer: string;
  /** What is wrong and what to send instead. */
  readonly message: string;
  /** The violated requirement, such as `INV-001`; `null` if unknown. */
  readonly requirement: string | null;
  /** The value as sent, as JSON. */
  readonly value: string;
  /** Whether the whole record was set aside, because its key or place is invalid. If not, only this value was. */
  readonly setAside: boolean;
}

/** A page, and how many of its items are missing from it. */
export interface ListingPage<Item> {
  readonly page: Page<Item>;
  /** How many further items the page had, which could not be used. */
  readonly setAside: number;
}

/** What reading a page tolerantly needs. */
export interface TolerantReading {
  readonly limits: ResponseLimits;
  readonly adaptItem?: ((item: unknown) => unknown) | undefined;
  readonly onFault: (fault: ListingFault) => void;
  readonly secrets: Pick<Secrets, "removedFrom" | "removedFromBody">;
  /** Receives the size of the page in bytes. */
  readonly measure: (bytes: number) => void;
}

const MAX_ID = 256;
const MAX_TEXT = 200;
/** No device nests this deeply, and a store cannot write a value that nests much deeper. */
const MAX_DEPTH = 64;
/** How long the validation of a page may run before it yields to other work on the event loop. */
const MAX_TURN_MS = 20;

/** The members of an item; none if it is not an object. */
const membersOf = (item: unknown): Readonly<Record<string, unknown>> =>
  typeof item === "object" && item !== null ? { ...item } : {};

/** Lets other work run. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Whether a value nests deeper than a number of levels. */
const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeperThan(each, levels - 1)));

/**
 * Drops the members of an item that are nested too deeply, then the largest members until the rest is within the limit,
 * because one such member must not hide the device that it belongs to.
 */
function dropExcess(
  item: unknown,
  maxBytes: number,
): { readonly rest: unknown; readonly faults: readonly Fault[] } {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return { rest: item, faults: [] };
  const isDeep = isDeeperThan(item, MAX_DEPTH);
  if (!isDeep && sizeOf(item) <= maxBytes) return { rest: item, faults: [] };
  let rest: Readonly<Record<string, unknown>> = { ...item };
  const faults: Fault[] = [];
  const drop = (name: string, value: unknown, excess: string) => {
    const { [name]: _, ...others } = rest;
    rest = others;
    const pointer = toPointer([name]);
    faults.push({ pointer, message: `This member ${excess}.`, requirement: null, value, dropped: pointer });
  };
  for (const [name, value] of Object.entries(rest)) {
    if (isDeeperThan(value, MAX_DEPTH - 1)) drop(name, value, `nests deeper than ${MAX_DEPTH} levels`);
  }
  const bySize = Object.entries(rest)
    .map(([name, value]) => ({ name, value, bytes: sizeOf(value) }))
    .toSorted((a, b) => b.bytes - a.bytes);
  for (const { name, value, bytes } of bySize) {
    if (sizeOf(rest) <= maxBytes) break;
    drop(name, value, `has ${bytes} bytes; the whole record may have ${maxBytes} (limits.maxItemBytes)`);
  }
  return { rest, faults };
}

/**
 * Reads a page and leaves out what is invalid, so that one bad record does not stop a listing.
 *
 * @throws {VendorClientError} `unauthorized`, `not_found`, `refused`, `not_json`, `too_many_items`; `invalid_payload` if
 *   it is not a page
 */
export async function readTolerantPage<Item>(
  answer: RawAnswer,
  { record, schema, itemSchema, idMember, instead }: ListingKind<never, Item>,
  { limits, adaptItem = (item) => item, onFault, secrets, measure }: TolerantReading,
): Promise<ListingPage<Item>> {
  const report = (
    of: ListingFault["record"],
    id: unknown,
    { pointer, message, requirement, value }: Fault,
    setAside: boolean,
  ) =>
    onFault({
      record: of,
      id: typeof id === "string" ? toShownText(secrets.removedFrom(id), MAX_ID) : null,
      pointer: toShownText(secrets.removedFrom(pointer), MAX_TEXT),
      message: toShownText(message, MAX_TEXT),
      requirement,
      value: toShownValue(value, secrets.removedFromBody),
      setAside,
    });

  const { json, place } = await readJson(answer, measure);
  const envelope = parseTolerantly(json, pageEnvelopeSchema);
  if (!envelope.data) {
    // The schema of whole pages names the requirements.
    const { error } = pageEnvelopeSchema.safeParse(json);
    throw invalidPayload(place, error ? fieldErrors(error, schema) : []);
  }
  for (const fault of envelope.faults) report("page", null, fault, false);
  const { data, ...page } = envelope.data;
  requireItemCount(data, place, limits);

  const items: Item[] = [];
  let turnBegan = performance.now();
  for (const each of data) {
    const sent = dropExcess(each, limits.maxItemBytes);
    const adapted = adaptItem(sent.rest);
    const members = membersOf(adapted);
    const id = members[idMember];
    const parsed = parseTolerantly(adapted, itemSchema, instead(members, page.snapshot.as_of));
    const faults = [...sent.faults, ...parsed.faults];
    if (parsed.data) items.push(parsed.data);
    for (const fault of parsed.data ? faults : faults.slice(0, 1)) report(record, id, fault, !parsed.data);
    if (performance.now() - turnBegan < MAX_TURN_MS) continue;
    await nextTurn();
    turnBegan = performance.now();
  }
  return { page: { ...page, data: items }, setAside: data.length - items.length };
}
