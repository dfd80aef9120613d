import type { z } from "zod";
import { type FieldError, fieldErrors, stepsInto, toPointer } from "./field-errors.ts";

type Path = readonly PropertyKey[];

/** A part of a record that the contract does not allow. */
export interface Fault extends FieldError {
  /** The value at `pointer`, as sent; `undefined` if it is missing. */
  readonly value: unknown;
  /** JSON pointer of what is not used because of the fault; `""` is the whole record. */
  readonly dropped: string;
}

/** What could be read of a record. */
export interface TolerantResult<Output> {
  /** The record without its invalid members; `null` if it cannot be used at all. */
  readonly data: Output | null;
  /** The faults. If the record is unusable, only the faults that make it unusable. */
  readonly faults: readonly Fault[];
}

/** With more errors than this in one record, whole members are dropped instead of the parts inside them. */
const MAX_FINE_ERRORS = 50;

function valueAt(record: unknown, path: Path): unknown {
  let value = record;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return value;
}

/** Lists the parts on a path that a record may lack, outermost first: optional members, and entries of an array. */
function findDroppable(schema: z.core.$ZodType, record: unknown, path: Path): readonly Path[] {
  const droppable: Path[] = [];
  let reached = [schema];
  for (const [index, key] of path.entries()) {
    reached = reached.flatMap((each) => stepsInto(each, key));
    const isOptional =
      typeof key === "number" ||
      reached.some((each) => (each as z.core.$ZodTypes)._zod.def.type === "optional");
    const part = path.slice(0, index + 1);
    if (isOptional && valueAt(record, part) !== undefined) droppable.push(part);
  }
  return droppable;
}

/** Copies a value without one part. */
function without(value: unknown, [key, ...rest]: Path): unknown {
  if (Array.isArray(value)) {
    return rest.length === 0
      ? value.filter((_, index) => index !== key)
      : value.map((each, index) => (index === key ? without(each, rest) : each));
  }
  const { [key as string]: member, ...others } = value as Readonly<Record<string, unknown>>;
  return rest.length === 0 ? others : { ...others, [key as string]: without(member, rest) };
}

/** The position of an entry in its array; -1 for a member. */
const positionOf = (path: Path): number => {
  const last = path.at(-1);
  return typeof last === "number" ? last : -1;
};

/** Names the member that an error is in; of nested members, the outer two. */
const toMember = (path: Path): string =>
  path
    .filter((key) => typeof key === "string")
    .slice(0, 2)
    .join("/");

/** What one round of parsing found wrong, and what to do about it. */
interface Remedy {
  readonly faults: readonly Fault[];
  readonly drops: readonly Path[];
  /** Required members to replace. */
  readonly replaces: readonly string[];
  /** Errors that nothing can remedy. */
  readonly unusable: readonly Fault[];
}

function findRemedy(
  issues: readonly z.core.$ZodIssue[],
  record: unknown,
  schema: z.core.$ZodType,
  canReplace: (member: string) => boolean,
): Remedy {
  const faults = new Map<string, Fault>();
  const drops = new Map<string, Path>();
  const replaces = new Set<string>();
  const unusable: Fault[] = [];
  const isCoarse = issues.length > MAX_FINE_ERRORS;
  const members = new Set<string>();
  for (const issue of issues) {
    // One error per member is enough to drop the member, and a list may have 100,000 invalid entries.
    const member = toMember(issue.path);
    if (isCoarse && members.has(member)) continue;
    members.add(member);
    const droppable = findDroppable(schema, record, issue.path);
    const part = isCoarse ? droppable[0] : droppable.at(-1);
    const dropped = toPointer(part ?? issue.path);
    if (faults.has(dropped)) continue;
    const [error] = fieldErrors({ issues: [issue] }, schema);
    if (!error) continue;
    const fault = { ...error, value: valueAt(record, issue.path), dropped };
    if (part) drops.set(dropped, part);
    else if (issue.path.length === 1 && canReplace(member)) replaces.add(member);
    else unusable.push({ ...fault, dropped: "" });
    faults.set(dropped, fault);
  }
  return {
    faults: [...faults.values()],
    // Later entries of an array first: dropping an entry moves those behind it.
    drops: [...drops.values()].sort((a, b) => positionOf(b) - positionOf(a)),
    replaces: [...replaces],
    unusable,
  };
}

/**
 * Parses a record and leaves out what is optional and invalid, so that one bad value does not hide a whole record. Of
 * an array, only the invalid entries are left out. An invalid required member of an optional object, such as a latitude
 * of 91, takes that object with it.
 *
 * @param value the record as sent, parsed from JSON
 * @param instead values for required members of the record itself; used where the sent member is missing or invalid
 * @returns the record as the schema returns it, with every fault; or no record, if another required member is invalid
 */
export function parseTolerantly<Output>(
  value: unknown,
  schema: z.ZodType<Output>,
  instead: Readonly<Record<string, unknown>> = {},
): TolerantResult<Output> {
  const faults: Fault[] = [];
  const replaced = new Set<string>();
  const canReplace = (member: string) => Object.hasOwn(instead, member) && !replaced.has(member);
  let record = value;
  // This loop ends, because every round makes the record smaller or replaces a member that was not replaced before.
  for (;;) {
    const parsed = schema.safeParse(record);
    if (parsed.success) return { data: parsed.data, faults };
    const remedy = findRemedy(parsed.error.issues, record, schema, canReplace);
    if (remedy.unusable.length > 0) return { data: null, faults: remedy.unusable };
    const known = new Set(faults.map(({ dropped }) => dropped));
    faults.push(...remedy.faults.filter(({ dropped }) => !known.has(dropped)));
    for (const part of remedy.drops) record = without(record, part);
    for (const member of remedy.replaces) {
      replaced.add(member);
      record = { ...(record as object), [member]: instead[member] };
    }
  }
}
