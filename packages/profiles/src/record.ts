import { deviceSchema, orgSchema, siteSchema } from "@convergint/schemas";
import { z } from "zod";
import {
  type FieldRule,
  type FieldRules,
  isDay,
  type Shape,
  shapeOf,
  type TimeRule,
  unwrap,
  type ValueRule,
} from "./document.ts";
import { ExpressionError, type Place } from "./errors.ts";
import { Expression, type Variables } from "./expression.ts";
import type { SourceRule } from "./profile.ts";
import type { Profile } from "./read-profile.ts";
import { guardEach } from "./sandbox.ts";
import { describeUnit, toTimestamp } from "./times.ts";
import { createWords, fold, type UnmappedWord, type Words } from "./words.ts";

/** A part of a record that could not be mapped. */
export interface MappingFault {
  /** JSON pointer into the contract's record; empty for the whole record. */
  readonly pointer: string;
  /** What is wrong, with the line of the profile. */
  readonly message: string;
  /** The value that does not fit, as the vendor sent it; `undefined` if it is missing. */
  readonly value: unknown;
  /** Whether the whole record cannot be used; otherwise only this member is left out. */
  readonly setAside: boolean;
  /** The rule in the profile. */
  readonly place: Place;
}

/** The result of mapping one item. */
export interface MappedRecord {
  /** The contract's record; `null` if it was set aside, or if `where` excludes the item. */
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly faults: readonly MappingFault[];
  readonly unmapped: readonly UnmappedWord[];
}

/** Maps the variables of one item to a record. Evaluates expressions, so call it in `guardEach`. */
export type FieldMapper = (variables: Variables) => MappedRecord;

/** A value of the vendor nests no deeper than this in `attributes`. */
const MAX_DEPTH = 8;
const MAX_MEMBERS = 1_000;

const NOTHING: readonly never[] = [];

/** Reports a value that does not fit; becomes a fault of the value's field. */
class Misfit extends Error {
  readonly value: unknown;

  constructor(message: string, value: unknown) {
    super(message);
    this.value = value;
  }
}

type Read = (variables: Variables) => unknown;

interface Field {
  readonly name: string;
  readonly read: Read;
  /** `undefined` for a field that the contract does not define. */
  readonly schema: z.core.$ZodType | undefined;
  readonly place: Place;
  readonly required: boolean;
  /** A text of up to this length is valid without a check by the schema. -1 if the schema must check every value. */
  readonly maxLength: number;
}

/** Checking a record costs as much as reading it, so a text whose length is the only limit is checked here. */
function maxLengthOf(schema: z.core.$ZodType | undefined): number {
  if (schema === undefined) return -1;
  const inner = unwrap(schema) as z.core.$ZodTypes;
  const { def } = inner._zod;
  const max = z.globalRegistry.get(inner)?.["maxLength"];
  return def.type === "string" && def.checks?.length === 1 && typeof max === "number" ? max : -1;
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === "";

/** Copies a value into plain JSON: CEL's integers become numbers. */
function toJson(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (depth >= MAX_DEPTH || entries.length > MAX_MEMBERS) return undefined;
  const members = entries.map(([key, member]) => [key, toJson(member, depth + 1)] as const);
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/**
 * Converts a value to the type that the schema expects, because vendors write ids as numbers, numbers as texts, and
 * one address where the contract has a list.
 */
function convert(value: unknown, schema: z.core.$ZodType): unknown {
  const inner = unwrap(schema) as z.core.$ZodTypes;
  switch (inner._zod.def.type) {
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "enum":
      return typeof value === "string" ? fold(value) : value;
    case "number":
      return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
    case "array": {
      const items = Array.isArray(value) ? value : [value];
      return items.filter((item) => !isEmpty(item)).map(toJson);
    }
    default:
      return toJson(value);
  }
}

function readTime({ value, time }: TimeRule, variables: Variables): unknown {
  const written = value.evaluate(variables);
  if (isEmpty(written)) return undefined;
  const timestamp = toTimestamp(written, time);
  if (timestamp === null) throw new Misfit(`This is not a time in ${time}: ${describeUnit(time)}.`, written);
  return timestamp;
}

const readValue = (rule: Expression | TimeRule, variables: Variables): unknown =>
  rule instanceof Expression ? rule.evaluate(variables) : readTime(rule, variables);

const isValueRule = (rule: FieldRule): rule is ValueRule =>
  rule instanceof Expression || Array.isArray(rule) || (rule as TimeRule).value instanceof Expression;

/** Returns a function that reads a field, and the place of the field's first rule. */
function compileField(rule: FieldRule, schema: z.core.$ZodType | undefined): { read: Read; place: Place } {
  if (!isValueRule(rule)) return compileObject(rule, schema);
  const rules = (Array.isArray(rule) ? rule : [rule]) as readonly (Expression | TimeRule)[];
  const [first = new Expression("null")] = rules;
  const { place } = first instanceof Expression ? first : first.value;
  const isDate = schema !== undefined && isDay(schema);
  const only = rules.length === 1 && !isDate ? first : null;
  if (only !== null) return { read: (variables) => readValue(only, variables), place };
  const read: Read = (variables) => {
    for (const each of rules) {
      const value = readValue(each, variables);
      if (isEmpty(value)) continue;
      return isDate && !(each instanceof Expression) ? String(value).slice(0, 10) : value;
    }
    return undefined;
  };
  return { read, place };
}

/** Reads the members of an object, such as an address; absent if all members are. */
function compileObject(rules: FieldRules, schema: z.core.$ZodType | undefined): { read: Read; place: Place } {
  const shape = schema === undefined ? null : shapeOf(schema);
  const members = Object.entries(rules).map(([name, rule]) => {
    const inner = shape?.[name];
    return { name, inner, ...compileField(rule, inner) };
  });
  const read: Read = (variables) => {
    let found: Record<string, unknown> | undefined;
    for (const { name, inner, read } of members) {
      const value = read(variables);
      if (isEmpty(value)) continue;
      found ??= {};
      found[name] = inner === undefined ? toJson(value) : convert(value, inner);
    }
    return found;
  };
  return { read, place: members[0]?.place ?? { file: "", line: 0, column: 0, path: "" } };
}

interface FieldMapperOptions {
  readonly profile: Profile;
  /** The contract's fields; `null` if it does not define them, so that values are not checked. */
  readonly shape: Shape | null;
  readonly fields: FieldRules;
  /** The fields without which there is no record. */
  readonly required: readonly string[];
  /** A prefix for the record's own id: `device_id`, `site_id` or `org_id`, whichever `required` names first. */
  readonly idPrefix?: string;
}

/** What one call of a mapper collects. */
class Collector {
  readonly record: Record<string, unknown> = {};
  readonly faults: MappingFault[] = [];
  readonly unmapped: UnmappedWord[] = [];

  fault(field: Field, message: string, value: unknown, setAside: boolean): void {
    const { file, line } = field.place;
    const text = `${message} (${file}:${line})`;
    this.faults.push({ pointer: `/${field.name}`, message: text, value, setAside, place: field.place });
  }
}

/** Reads a field; a failure becomes a fault. A timeout is not a fault of the record, and is thrown. */
function readField(field: Field, variables: Variables, collector: Collector): unknown {
  try {
    return field.read(variables);
  } catch (error) {
    if (error instanceof Misfit) collector.fault(field, error.message, error.value, field.required);
    else if (error instanceof ExpressionError && error.code !== "expression_blocked")
      collector.fault({ ...field, place: error.place }, error.reason, undefined, field.required);
    else throw error;
    return undefined;
  }
}

/** Replaces the vendor's words for type and status with the contract's, and keeps the vendor's words. */
function applyWords({ record, unmapped }: Collector, words: Words): void {
  const { type, status, previous_status: previous } = record;
  if (typeof type === "string") {
    const meaning = words.type(type);
    record["type"] = meaning.type;
    if (meaning.type !== type) record["vendor_type"] ??= type.slice(0, 256);
    if (meaning.subtype !== undefined) record["subtype"] ??= meaning.subtype;
    if (!meaning.isMapped) unmapped.push({ kind: "type", word: type });
  }
  if (typeof status === "string") {
    const meaning = words.status(status);
    record["status"] = meaning.status;
    if (meaning.status !== status) record["vendor_status"] ??= status.slice(0, 256);
    if (meaning.reason !== undefined) record["status_reason"] ??= meaning.reason;
    if (meaning.adminState !== undefined) record["admin_state"] ??= meaning.adminState;
    if (!meaning.isMapped) unmapped.push({ kind: "status", word: status });
  }
  if (typeof previous === "string") record["previous_status"] = words.status(previous).status;
}

const isWord = (name: string): boolean => name === "type" || name === "status" || name === "previous_status";

/**
 * Prepares the mapping of one kind of object: reads each field, converts it, and checks it against the contract.
 *
 * @returns a mapper that must be called in `guardEach`; throws ExpressionError only for an expression that does not end
 */
export function createFieldMapper(options: FieldMapperOptions): FieldMapper {
  const { profile, shape, required, idPrefix = "" } = options;
  const words = createWords(profile.document.words);
  const fields = Object.entries(options.fields).map(([name, rule]): Field => {
    const schema = shape?.[name];
    const { read, place } = compileField(rule, schema);
    // A device whose type is unknown is a device of type other.
    const isRequired = name !== "type" && required.includes(name);
    return { name, read, schema, place, required: isRequired, maxLength: maxLengthOf(schema) };
  });
  const [id = ""] = required;
  return (variables) => {
    const collector = new Collector();
    const { record } = collector;
    for (const field of fields) {
      const value = readField(field, variables, collector);
      const { name, schema } = field;
      if (isEmpty(value)) continue;
      if (isWord(name) && typeof value !== "object") record[name] = String(value);
      else record[name] = schema === undefined ? toJson(value) : convert(value, schema);
    }
    applyWords(collector, words);
    if (idPrefix !== "" && typeof record[id] === "string") record[id] = idPrefix + record[id];
    checkFields(fields, collector);
    if (required.includes("type")) record["type"] ??= "other";
    const isUsable = !collector.faults.some(({ setAside }) => setAside);
    return { record: isUsable ? record : null, faults: collector.faults, unmapped: collector.unmapped };
  };
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.join(".") ?? "";
  return `${path === "" ? "" : `${path}: `}${issue?.message ?? "The contract does not allow this value."}`;
}

function checkFields(fields: readonly Field[], collector: Collector): void {
  const { record } = collector;
  for (const field of fields) {
    const { name, schema, required, maxLength } = field;
    const value = record[name];
    if (value === undefined) {
      if (required && !collector.faults.some(({ pointer }) => pointer === `/${name}`))
        collector.fault(field, "This field is required, and the vendor sent nothing.", undefined, true);
      continue;
    }
    if (schema === undefined || (typeof value === "string" && value.length <= maxLength)) continue;
    const { success, data, error } = z.safeParse(schema, value);
    if (success) record[name] = data;
    else {
      delete record[name];
      collector.fault(field, describeIssue(error.issues[0]), value, required);
    }
  }
}

const KINDS = {
  org: { shape: orgSchema.shape, required: ["org_id", "name"] },
  site: { shape: siteSchema.shape, required: ["site_id", "org_id", "name"] },
  device: { shape: deviceSchema.shape, required: ["device_id", "org_id", "site_id", "name", "type"] },
} as const;

/** A kind of record of an inventory. */
export type RecordKind = keyof typeof KINDS;

/**
 * Prepares the mapping of the items of one source.
 *
 * @param source one entry of `inventory.orgs`, `inventory.sites` or `inventory.devices`
 * @returns maps the variables of many items, each `{ item, setting, … }`, in order. Stops an expression that does not end
 *   and then throws ExpressionError `expression_timeout`, and `expression_blocked` for the next minute
 */
export function createRecordMapper({
  profile,
  kind,
  source,
}: {
  readonly profile: Profile;
  readonly kind: RecordKind;
  readonly source: SourceRule;
}): (items: readonly Variables[]) => MappedRecord[] {
  const { shape, required } = KINDS[kind];
  const { where, fields, id_prefix: idPrefix } = source;
  const map = createFieldMapper({ profile, shape, required, fields, idPrefix });
  const mapItem = (variables: Variables): MappedRecord => {
    if (where === undefined) return map(variables);
    const excluded = readWhere(where, variables);
    return excluded ?? map(variables);
  };
  return (items) => guardEach(items, mapItem);
}

/** Evaluates `where`. @returns `null` if the item becomes a record */
function readWhere(where: Expression, variables: Variables): MappedRecord | null {
  const setAside = (message: string, value: unknown): MappedRecord => {
    const { place } = where;
    const text = `${message} (${place.file}:${place.line})`;
    return {
      record: null,
      faults: [{ pointer: "", message: text, value, setAside: true, place }],
      unmapped: NOTHING,
    };
  };
  try {
    const value = where.evaluate(variables);
    if (value === true) return null;
    if (value === false) return { record: null, faults: NOTHING, unmapped: NOTHING };
    // A device that is silently left out would be removed from the inventory.
    const advice = "where must be true or false. For a member that may be missing, write has(item.x) && …";
    return setAside(advice, value);
  } catch (error) {
    if (!(error instanceof ExpressionError) || error.code === "expression_blocked") throw error;
    return setAside(error.reason, undefined);
  }
}
