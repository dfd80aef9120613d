import { toShownText, toShownValue } from "@convergint/internal/printable";
import type { Secrets } from "@convergint/internal/secrets";
import { showPlace } from "../errors.ts";
import { Expression, type Variables } from "../expression.ts";
import type { InventoryRules, SourceRule } from "../profile.ts";
import type { Profile } from "../read-profile.ts";
import { createRecordMapper, type MappedRecord, type RecordKind } from "../record.ts";
import { guardEach } from "../sandbox.ts";
import type { UnmappedWord } from "../words.ts";
import { VendorReadError } from "./vendor-error.ts";

/** An item of a response, and the outer items that its request was made for, by name. */
export interface ListedItem {
  readonly item: unknown;
  readonly scope: Variables;
}

/** A part of the vendor's inventory that could not be used. Has the shape of the client's `ListingFault`. */
export interface ProfileFault {
  readonly record: RecordKind;
  /** `null` if the record has none. */
  readonly id: string | null;
  /** JSON pointer (RFC 6901) into the contract's record. */
  readonly pointer: string;
  /** What is wrong, with the line of the profile. */
  readonly message: string;
  readonly requirement: null;
  /** What the vendor sent, as JSON: printable, cut, and without secrets. */
  readonly value: string;
  /** Whether the whole record is left out. */
  readonly setAside: boolean;
}

/** A record of the contract, as JSON, and what it is filtered by. */
export interface SnapshotRecord {
  readonly id: string;
  readonly orgId: unknown;
  readonly siteId: unknown;
  readonly systemId: unknown;
  readonly json: string;
}

/** The records of one reading. */
export interface Inventory {
  readonly records: Readonly<Record<RecordKind, ReadonlyMap<string, SnapshotRecord>>>;
  /** Why records of a kind may be missing; empty if the records are certainly complete. */
  readonly doubts: Readonly<Record<RecordKind, readonly string[]>>;
}

/** The items of one listing that may be read again. Nothing is used before `keep`. */
interface StagedListing {
  add(items: readonly ListedItem[]): void;
  keep(): void;
}

/** What mapping needs. */
export interface MappingParts {
  readonly profile: Profile;
  readonly rules: InventoryRules;
  readonly setting: Variables;
  readonly secrets: Pick<Secrets, "removedFrom" | "removedFromBody">;
  readonly onFault: ((fault: ProfileFault) => void) | undefined;
  readonly onUnmapped: ((word: UnmappedWord) => void) | undefined;
}

/** Turns the items of requests into records of the contract. */
export interface InventoryMapping {
  /** The requests to read, each after those that it needs. */
  readonly order: readonly string[];
  /** The items of a request that was read, if other requests or records need them. */
  itemsOf(request: string): readonly ListedItem[];
  /** Starts to take the items of one listing of a request. */
  stage(request: string): StagedListing;
  /** Returns what identifies each item, to count distinct ones. */
  identify(request: string, items: readonly ListedItem[]): string[];
  /** Records why a request may lack items. All records that depend on the request may then be incomplete. */
  doubt(request: string, reason: string): void;
  result(): Inventory;
}

const ID_FIELD = { org: "org_id", site: "site_id", device: "device_id" } as const;
const KINDS = ["org", "site", "device"] as const;
/**
 * The maximum number of faults that are kept for one listing, because a person reads only the first ones. Later
 * faults still set records aside.
 */
const MAX_FAULTS = 10_000;
const MAX_DOUBTS = 20;

interface Source {
  readonly kind: RecordKind;
  readonly rule: SourceRule;
  readonly map: (group: readonly Variables[]) => readonly MappedRecord[];
}

type Members = Readonly<Record<string, unknown>>;

/** The expressions for the id, the first of which that has a value counts. */
function idExpressions({ kind, rule }: Pick<Source, "kind" | "rule">): readonly Expression[] {
  const id = rule.fields[ID_FIELD[kind]];
  return (Array.isArray(id) ? id : [id]).filter((each) => each instanceof Expression);
}

/** Sorts the requests that sources need. @throws {VendorReadError} `circular_requests` */
function orderRequests({ requests }: InventoryRules, sources: readonly Source[]): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const rule = requests[name];
    if (rule === undefined || order.includes(name)) return;
    if (path.includes(name)) {
      throw new VendorReadError(
        "circular_requests",
        rule.items.place,
        `The requests ${[...path, name].join(", ")} need each other. Remove for_each or join from one of them.`,
      );
    }
    const joins = sources
      .filter((source) => source.rule.from === name)
      .flatMap((source) => Object.values(source.rule.join).map(({ from }) => from));
    for (const needed of [...(rule.for_each === undefined ? [] : [rule.for_each]), ...joins])
      visit(needed, [...path, name]);
    order.push(name);
  };
  for (const { rule } of sources) if (rule.from !== undefined) visit(rule.from, []);
  return order;
}

/** A key of a join. Numbers and texts of the same digits are one key, because vendors mix them. */
const toKey = (value: unknown): string | null =>
  ["string", "number", "boolean"].includes(typeof value) ? String(value) : null;

/**
 * Creates the mapping of one reading.
 *
 * @param kinds the records that are wanted
 * @throws {VendorReadError} `circular_requests`
 */
export function createMapping(parts: MappingParts, kinds: readonly RecordKind[]): InventoryMapping {
  const { profile, rules, setting, secrets, onFault, onUnmapped } = parts;
  const ruleLists = { org: rules.orgs, site: rules.sites, device: rules.devices };
  const sources: readonly Source[] = KINDS.filter((kind) => kinds.includes(kind)).flatMap((kind) =>
    ruleLists[kind].map((rule) => ({ kind, rule, map: createRecordMapper({ profile, kind, source: rule }) })),
  );
  const order = orderRequests(rules, sources);
  const needed = new Set([
    ...order.flatMap((name) => rules.requests[name]?.for_each ?? []),
    ...sources.flatMap(({ rule }) => Object.values(rule.join).map(({ from }) => from)),
  ]);
  const raw = new Map<string, ListedItem[]>();
  const records = {
    org: new Map<string, SnapshotRecord>(),
    site: new Map<string, SnapshotRecord>(),
    device: new Map<string, SnapshotRecord>(),
  };
  const doubts = { org: new Set<string>(), site: new Set<string>(), device: new Set<string>() };
  const doubt = (kind: RecordKind, reason: string) => {
    if (doubts[kind].size < MAX_DOUBTS) doubts[kind].add(reason);
  };
  const itemsOf = (request: string): readonly ListedItem[] => raw.get(request) ?? [];

  /** Indexes the items that a source joins, when the first item of the source arrives. */
  const indexes = new Map<
    SourceRule,
    [name: string, on: Expression, index: ReadonlyMap<string, unknown>][]
  >();
  function joinsOf(rule: SourceRule) {
    const known = indexes.get(rule);
    if (known) return known;
    const created = Object.entries(rule.join).map(([name, { from, on, equals }]) => {
      const index = new Map<string, unknown>();
      const others = itemsOf(from);
      const keys = guardEach(others, ({ item, scope }) =>
        toKey(equals.evaluate({ ...scope, setting, other: item })),
      );
      for (const [at, key] of keys.entries()) if (key !== null) index.set(key, others[at]?.item);
      return [name, on, index] as [string, Expression, ReadonlyMap<string, unknown>];
    });
    indexes.set(rule, created);
    return created;
  }

  function toVariables(rule: SourceRule, items: readonly ListedItem[]): Variables[] {
    const joins = joinsOf(rule);
    if (joins.length === 0) return items.map(({ item, scope }) => ({ ...scope, setting, item }));
    return guardEach(items, ({ item, scope }) => {
      const variables: Record<string, unknown> = { ...scope, setting, item };
      for (const [name, on, index] of joins) {
        const key = toKey(on.evaluate({ ...scope, setting, item }));
        variables[name] = key === null ? null : (index.get(key) ?? null);
      }
      return variables;
    });
  }

  interface Mapped {
    readonly source: Source;
    readonly record: SnapshotRecord;
  }
  interface Staged {
    readonly mapped: Mapped[];
    readonly faults: ProfileFault[];
    readonly words: UnmappedWord[];
    readonly setAside: Set<RecordKind>;
  }

  function mapItems(source: Source, variables: readonly Variables[], staged: Staged): void {
    const { kind, map } = source;
    for (const { record, faults, unmapped } of map(variables)) {
      const members: Members = record === null ? {} : { ...record };
      const id = members[ID_FIELD[kind]];
      for (const { pointer, message, value, setAside } of faults) {
        if (setAside) staged.setAside.add(kind);
        if (staged.faults.length >= MAX_FAULTS) continue;
        staged.faults.push({
          record: kind,
          id: typeof id === "string" ? toShownText(secrets.removedFrom(id), 256) : null,
          pointer,
          message,
          requirement: null,
          value: toShownValue(value, secrets.removedFromBody),
          setAside,
        });
      }
      staged.words.push(...unmapped);
      if (record === null || typeof id !== "string") continue;
      // The inventory does not list removed devices.
      if (members["lifecycle"] === "removed") continue;
      staged.mapped.push({
        source,
        record: {
          id,
          orgId: members["org_id"],
          siteId: members["site_id"],
          systemId: members["system_id"],
          json: JSON.stringify(record),
        },
      });
    }
  }

  function keepRecord({ source: { kind, rule }, record }: Mapped): void {
    const known = records[kind].get(record.id);
    if (known !== undefined && rule.distinct) return;
    records[kind].set(record.id, record);
    if (known === undefined || known.json === record.json) return;
    const place = idExpressions({ kind, rule })[0]?.place;
    const message = `Several ${kind}s have this id; the last one is used. If the ids are unique only per kind, set id_prefix.${place ? ` (${showPlace(place)})` : ""}`;
    const id = toShownText(secrets.removedFrom(record.id), 256);
    const value = toShownValue(record.id, secrets.removedFromBody);
    onFault?.({
      record: kind,
      id,
      pointer: `/${ID_FIELD[kind]}`,
      message,
      requirement: null,
      value,
      setAside: true,
    });
    doubt(kind, `several ${kind}s have the same id`);
  }

  const stageSources = (own: readonly Source[], keepsRaw: string | null): StagedListing => {
    const staged: Staged = { mapped: [], faults: [], words: [], setAside: new Set() };
    const items: ListedItem[] = [];
    return {
      add(added) {
        if (keepsRaw !== null) for (const each of added) items.push(each);
        for (const source of own) mapItems(source, toVariables(source.rule, added), staged);
      },
      keep() {
        if (keepsRaw !== null) raw.set(keepsRaw, [...itemsOf(keepsRaw), ...items]);
        for (const fault of staged.faults) onFault?.(fault);
        for (const word of staged.words) onUnmapped?.(word);
        for (const kind of staged.setAside) doubt(kind, `a ${kind} was set aside`);
        for (const mapped of staged.mapped) keepRecord(mapped);
      },
    };
  };

  // A source without a request is one record, from the settings.
  const constant = stageSources(
    sources.filter(({ rule }) => rule.from === undefined),
    null,
  );
  constant.add([{ item: null, scope: {} }]);
  constant.keep();

  return {
    order,
    itemsOf,
    stage: (request) =>
      stageSources(
        sources.filter(({ rule }) => rule.from === request),
        needed.has(request) ? request : null,
      ),
    identify(request, items) {
      const reading = sources.filter(({ rule }) => rule.from === request && !rule.distinct);
      // If there are several kinds of records, count the ids of the most specific kind: a page of devices may name one site many times.
      const last = reading.at(-1);
      const ids = last === undefined ? [] : idExpressions(last);
      return guardEach(items, ({ item, scope }) => {
        for (const id of ids) {
          const value = toKey(id.evaluate({ ...scope, setting, item }));
          if (value !== null) return value;
        }
        return JSON.stringify(item);
      });
    },
    doubt(request, reason) {
      for (const kind of kinds) {
        const own = sources.filter((source) => source.kind === kind);
        if (orderRequests(rules, own).includes(request)) doubt(kind, reason);
      }
    },
    result: () => ({
      records,
      doubts: { org: [...doubts.org], site: [...doubts.site], device: [...doubts.device] },
    }),
  };
}

/**
 * Maps items that were already read, such as samples, to records of the contract.
 *
 * @param itemsByRequest the items of each request of the profile, with the outer items of `for_each`
 * @throws {VendorReadError} `circular_requests`
 * @throws {ExpressionError}
 */
export function mapInventory(
  parts: MappingParts,
  itemsByRequest: ReadonlyMap<string, readonly ListedItem[]>,
): Inventory {
  const mapping = createMapping(parts, KINDS);
  for (const request of mapping.order) {
    const listing = mapping.stage(request);
    listing.add(itemsByRequest.get(request) ?? []);
    listing.keep();
  }
  return mapping.result();
}
