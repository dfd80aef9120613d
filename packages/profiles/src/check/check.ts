import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { ExpressionError, ProfileDeliveryError, showPlace } from "../errors.ts";
import type { Variables } from "../expression.ts";
import { type ListedItem, mapInventory, type ProfileFault } from "../inventory/mapping.ts";
import { VendorReadError } from "../inventory/vendor-error.ts";
import type { Profile } from "../read-profile.ts";
import type { RecordKind } from "../record.ts";
import { type ContractEventObject, createEventMapper } from "../webhooks/events.ts";
import { createWebhookReader } from "../webhooks/reader.ts";
import { type CoverageRow, describeCoverage } from "./coverage.ts";

/** A file with something that the vendor sent. */
export interface SampleFile {
  /** Without its folder, such as `devices.2.json`. */
  readonly name: string;
  readonly text: string;
}

/** What a sample contains, according to its file name. */
export interface Sample {
  readonly file: string;
  /** The name of the request whose response it is; `webhook` for the body of a delivery. */
  readonly of: string;
  /** Distinguishes several samples of a request, such as by a page number or the id of a site. */
  readonly tag: string | null;
  readonly body: unknown;
}

/** The samples of deliveries. */
export const WEBHOOK = "webhook";
/** Read by tests of shipped profiles. */
const SKIPPED: ReadonlySet<string> = new Set(["expected"]);

/** A file that is not a sample. */
export interface UnusableSample {
  readonly file: string;
  readonly message: string;
}

/**
 * Reads samples: `REQUEST.json` or `REQUEST.TAG.json` is the body of a response, `webhook.json` or `webhook.TAG.json` the body
 * of a delivery.
 */
export function readSamples(files: readonly SampleFile[]): {
  readonly samples: readonly Sample[];
  readonly unusable: readonly UnusableSample[];
} {
  const samples: Sample[] = [];
  const unusable: UnusableSample[] = [];
  for (const { name, text } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [, of = "", tag = null] = /^([^.]+)(?:\.(.+))?\.json$/i.exec(name) ?? [];
    if (of === "") unusable.push({ file: name, message: "Name samples REQUEST.json or REQUEST.TAG.json." });
    else if (!SKIPPED.has(of)) {
      try {
        samples.push({ file: name, of, tag, body: JSON.parse(text) });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        unusable.push({ file: name, message: `Not JSON: ${why}` });
      }
    }
  }
  return { samples, unusable };
}

type Kind = RecordKind | "event";
type Members = Readonly<Record<string, unknown>>;

/** One field of the contract's records, as the profile fills it from the samples. */
interface CheckedField {
  readonly record: Kind;
  readonly field: string;
  /** In how many of the `of` records the field is present. */
  readonly present: number;
  readonly of: number;
  readonly first: unknown;
}

/** A part of the samples that the profile cannot map. */
interface CheckFault {
  readonly record: Kind;
  /** The place in the record of the contract, as a JSON pointer. */
  readonly pointer: string;
  /** What is wrong, with the line of the profile. */
  readonly message: string;
  /** The first value that shows it, as JSON. */
  readonly value: string;
  readonly count: number;
  /** Whether the whole record is lost. */
  readonly setAside: boolean;
}

/** A word of the vendor that the profile gives no meaning. */
interface CheckedWord {
  readonly kind: "type" | "status" | "event";
  readonly word: string;
  readonly count: number;
}

/** What a profile makes of samples. */
export interface CheckReport {
  readonly profile: Pick<Profile, "name" | "digest">;
  /** Whether no record is lost and no sample contradicts a MUST of the minimum data. */
  readonly ok: boolean;
  /** Samples that cannot be used, and requests without a sample. */
  readonly problems: readonly string[];
  readonly fields: readonly CheckedField[];
  readonly faults: readonly CheckFault[];
  readonly unmapped: readonly CheckedWord[];
  /** How many events of the samples `webhooks.ignore` drops. */
  readonly ignored: number;
  readonly coverage: readonly CoverageRow[];
  readonly limitations: readonly string[];
}

/** Whether a sample belongs to the item of an outer listing: its tag is one of the item's values. */
const isTaggedWith = (item: unknown, tag: string | null): boolean =>
  tag !== null &&
  typeof item === "object" &&
  item !== null &&
  Object.values(item).some((value) => String(value) === tag);

/** Reads the items of every request from the samples. A request for each item of another one gets that item by its tag. */
function readItems(profile: Profile, samples: readonly Sample[], setting: Variables) {
  const requests = profile.document.inventory?.requests ?? {};
  const byRequest = new Map<string, readonly ListedItem[]>();
  const problems: string[] = samples
    .filter(({ of }) => of !== WEBHOOK && !Object.hasOwn(requests, of))
    .map(({ file, of }) => `${file}: the profile has no request ${of}.`);

  function itemsOf(name: string, path: readonly string[]): readonly ListedItem[] {
    const before = byRequest.get(name);
    const rule = requests[name];
    if (before ?? (path.includes(name) || !rule)) return before ?? [];
    const files = samples.filter(({ of }) => of === name);
    if (files.length === 0) problems.push(`No sample of the request ${name}: add ${name}.json.`);
    const outer = rule.for_each === undefined ? [] : itemsOf(rule.for_each, [...path, name]);
    const items = files.flatMap(({ file, tag, body }): readonly ListedItem[] => {
      const of = outer.find(({ item }) => isTaggedWith(item, tag)) ?? outer[0];
      const scope = of ? { ...of.scope, [rule.as ?? rule.for_each ?? ""]: of.item } : {};
      try {
        const found = rule.items.evaluate({ ...scope, setting, body, headers: {} });
        if (Array.isArray(found)) return found.map((item: unknown) => ({ item, scope }));
        problems.push(`${file}: ${showPlace(rule.items.place)} the response has no list here.`);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        problems.push(`${file}: ${error.message}`);
      }
      return [];
    });
    byRequest.set(name, items);
    return items;
  }

  for (const name of Object.keys(requests)) itemsOf(name, []);
  return { byRequest, problems };
}

/** Counts equal faults and words. */
function createCollector() {
  const faults = new Map<string, CheckFault>();
  const words = new Map<string, CheckedWord>();
  let ignored = 0;
  return {
    fault({ record, pointer, message, value, setAside }: Omit<CheckFault, "count">) {
      const key = JSON.stringify([record, pointer, message]);
      const count = (faults.get(key)?.count ?? 0) + 1;
      faults.set(key, { record, pointer, message, value: faults.get(key)?.value ?? value, setAside, count });
    },
    ignore(count: number) {
      ignored += count;
    },
    word(kind: CheckedWord["kind"], word: string) {
      const key = JSON.stringify([kind, word]);
      words.set(key, { kind, word, count: (words.get(key)?.count ?? 0) + 1 });
    },
    ignored: () => ignored,
    faults: () => [...faults.values()],
    words: () => [...words.values()].toSorted((a, b) => b.count - a.count),
  };
}
type Collector = ReturnType<typeof createCollector>;

type Records = Readonly<Record<RecordKind, readonly Members[]>>;

/** Maps the samples of responses. */
function mapRecords(
  profile: Profile,
  byRequest: ReadonlyMap<string, readonly ListedItem[]>,
  setting: Variables,
  { fault, word }: Collector,
  problems: string[],
): Records {
  const { inventory: rules } = profile.document;
  const none = { org: [], site: [], device: [] };
  if (!rules) return none;
  const keep = { removedFrom: (text: string) => text, removedFromBody: (text: string) => text };
  const onFault = (each: ProfileFault) => fault(each);
  const onUnmapped = (each: { readonly kind: "type" | "status"; readonly word: string }) =>
    word(each.kind, each.word);
  try {
    const parts = { profile, rules, setting, secrets: keep, onFault, onUnmapped };
    const { records } = mapInventory(parts, byRequest);
    const parse = (kind: RecordKind) =>
      [...records[kind].values()].map(({ json }) => JSON.parse(json) as Members);
    return { org: parse("org"), site: parse("site"), device: parse("device") };
  } catch (error) {
    if (!(error instanceof ExpressionError || error instanceof VendorReadError)) throw error;
    problems.push(error.message);
    return none;
  }
}

function describeFields(records: Readonly<Record<Kind, readonly Members[]>>): readonly CheckedField[] {
  return (Object.entries(records) as [Kind, readonly Members[]][]).flatMap(([record, rows]) => {
    const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return fields.map((field) => {
      const values = rows.map((row) => row[field]).filter((value) => value !== undefined && value !== null);
      return { record, field, present: values.length, of: rows.length, first: values[0] };
    });
  });
}

/** Maps the samples of deliveries. */
const mapEvents = (
  profile: Profile,
  samples: readonly Sample[],
  settings: Settings,
  { fault, word, ignore }: Collector,
  problems: string[],
): readonly ContractEventObject[] => {
  if (!profile.document.webhooks) return [];
  const map = createEventMapper(profile, { settings });
  const mapSample = ({ file, body }: Sample) => {
    try {
      return [map(body, {}, new Date())];
    } catch (error) {
      if (!(error instanceof ProfileDeliveryError)) throw error;
      problems.push(`${file}: ${error.message}`);
      return [];
    }
  };
  return samples.flatMap((sample) =>
    mapSample(sample).flatMap(({ events, refused, unmapped, words, faults, ignored }) => {
      ignore(ignored);
      for (const each of unmapped) word("event", each.word ?? "(without a type)");
      for (const each of words) word(each.kind, each.word);
      for (const { code, detail, place } of refused)
        fault({
          record: "event",
          pointer: "",
          message: `${code}: ${detail}${place === null || detail.includes(`${place.file}:`) ? "" : ` (${place.file}:${place.line})`}`,
          value: sample.file,
          setAside: true,
        });
      for (const { pointer, message } of faults)
        fault({
          record: "event",
          pointer,
          message,
          value: sample.file,
          setAside: false,
        });
      return events.map(({ value }) => value);
    }),
  );
};

/** Whether the vendor sends no ids of health events. */
const derivesIds = ({ document: { webhooks } }: Profile): boolean =>
  webhooks?.events.some(
    ({ type, id = webhooks.id }) => type === DEVICE_STATUS_CHANGED && id !== undefined && "derived" in id,
  ) ?? false;

/** Completes events that name only their device, as the server does from its inventory. */
function addPlaces(events: readonly ContractEventObject[], devices: readonly Members[]): readonly Members[] {
  const byId = new Map(devices.map((device) => [device["device_id"], device]));
  return events.map(({ data, ...event }) => {
    const { org_id, site_id } = byId.get(data["device_id"]) ?? {};
    return {
      id: event.id,
      type: event.type,
      time: event.time,
      ...(org_id !== undefined && { org_id }),
      ...(site_id !== undefined && { site_id }),
      ...data,
    };
  });
}

/** Values of a profile's settings. */
type Settings = Readonly<Record<string, string>>;

/**
 * Applies a profile to samples of a vendor's responses and deliveries. Signatures are not checked: a sample has none.
 *
 * @param files the samples, each the JSON of one body
 */
export function checkProfile(
  profile: Profile,
  files: readonly SampleFile[],
  { settings = {} }: { readonly settings?: Settings } = {},
): CheckReport {
  const { samples, unusable } = readSamples(files);
  const collector = createCollector();
  const { byRequest, problems } = readItems(profile, samples, settings);
  const records = mapRecords(profile, byRequest, settings, collector, problems);
  const deliveries = samples.filter(({ of }) => of === WEBHOOK);
  if (profile.document.webhooks && deliveries.length === 0)
    problems.push("No sample of a delivery: add webhook.json.");
  const events = addPlaces(mapEvents(profile, deliveries, settings, collector, problems), records.device);
  const coverage = describeCoverage({
    sites: records.site,
    devices: records.device,
    events,
    derivesIds: derivesIds(profile),
  });
  const faults = collector.faults();
  return {
    profile: { name: profile.name, digest: profile.digest },
    ok:
      unusable.length === 0 &&
      !faults.some(({ setAside }) => setAside) &&
      !coverage.some(({ level, state }) => level === "MUST" && (state === "none" || state === "some")),
    problems: [...unusable.map(({ file, message }) => `${file}: ${message}`), ...problems],
    fields: describeFields({ ...records, event: events }),
    faults,
    unmapped: collector.words(),
    ignored: collector.ignored(),
    coverage,
    limitations: profile.document.webhooks ? createWebhookReader(profile, { settings }).limitations : [],
  };
}
