import {
  describeFieldErrors,
  eventSchema,
  eventSchemaOf,
  type FieldError,
  fieldErrors,
} from "@convergint/schemas";
import type { z } from "zod";
import type { Delivery } from "../evidence/exchange.ts";
import { valueAt } from "../evidence/json-pointer.ts";
import { isBatch, type JsonObject } from "../evidence/read.ts";
import { type Problem, show } from "./finding.ts";

/** Matches the start of the messages of `fieldErrors`. The rest of such a message says what to send. */
const SEND_MESSAGE = /^(?:This field is required\. )?Send (.+?)\.?$/s;
/** Turns a schema's message into a phrase for "expected": what to send, without the imperative. */
export const toExpectation = (message: string): string => SEND_MESSAGE.exec(message)?.[1] ?? message;

/**
 * Combines a value's errors into one failure; `null` if there are none.
 *
 * @param pointer where the value is in the body
 */
function toFailure(errors: readonly FieldError[], value: unknown, pointer: string): Problem | null {
  const [first] = errors;
  if (!first) return null;
  const actual = valueAt(value, first.pointer);
  return {
    where: pointer + first.pointer,
    expected: toExpectation(first.message),
    actual: show(actual),
    hint:
      errors.length > 1
        ? `All errors: ${describeFieldErrors(errors)}`
        : adviseOnMember(first.pointer, actual === undefined),
  };
}

/** Returns what to change if only one member, or the whole value, is wrong. */
function adviseOnMember(pointer: string, isMissing: boolean): string {
  const [name, within] = pointer.split("/").toReversed();
  if (pointer === "" || name === undefined) return "Replace this value with the expected one.";
  const member = /^\d+$/.test(name) ? `entry ${name} of "${within || "the list"}"` : `"${name}"`;
  return `${isMissing ? "Add" : "Change"} ${member}; the other members are valid.`;
}

/** The schemas that each value satisfies: evidence never changes, and is judged again after redaction. */
const satisfied = new WeakMap<object, Set<z.ZodType>>();

function validate(schema: z.ZodType, value: unknown): readonly FieldError[] {
  const isKept = typeof value === "object" && value !== null;
  if (isKept && satisfied.get(value)?.has(schema)) return [];
  const { error } = schema.safeParse(value);
  if (error) return fieldErrors(error, schema);
  if (isKept) satisfied.set(value, (satisfied.get(value) ?? new Set()).add(schema));
  return [];
}

/**
 * Validates a value with a schema; returns the failure, or `null` if it is valid.
 *
 * @param pointer where the value is in the body
 */
export const findSchemaFailure = (schema: z.ZodType, value: unknown, pointer = ""): Problem | null =>
  toFailure(validate(schema, value), value, pointer);

/**
 * Validates an event with the schema of its type; returns the failure, or `null` if it is valid. Leaves out
 * errors that events of any type can have, because EVT-002 reports those for events posted singly.
 */
export function findEventTypeFailure(
  type: string,
  { delivery, event }: { readonly delivery: Delivery; readonly event: JsonObject },
): Problem | null {
  const reported = isBatch(delivery) ? [] : validate(eventSchema, event).map(({ pointer }) => pointer);
  const errors = validate(eventSchemaOf(type), event).filter(({ pointer }) => !reported.includes(pointer));
  const failure = toFailure(errors, event, "");
  const hint = `In addition to the errors that EVT-002 reports: ${describeFieldErrors(errors)}`;
  return failure && reported.length > 0 ? { ...failure, hint } : failure;
}
