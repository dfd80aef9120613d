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
import { type Failure, show } from "./finding.ts";

/** What our own schemas say of a field begins so; behind it stands what is wanted. */
const ORDERS = /^(?:This field is required\. )?Send (.+?)\.?$/s;
/** What Zod says where a schema has no words of its own. */
const WRONG_TYPE = /^Invalid input: expected (\w+), received \w+$/;

const article = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** A schema's message as what was expected: what to send, without how it was put. */
export function toExpectation(message: string): string {
  const type = WRONG_TYPE.exec(message)?.[1];
  if (type !== undefined) return article(type);
  return ORDERS.exec(message)?.[1] ?? message;
}

/** The errors of a value as one failure, or `null` where there are none. @param pointer where the value stands in the body */
function failureOf(
  errors: readonly FieldError[],
  value: unknown,
  pointer: string,
): Omit<Failure, "at"> | null {
  const [first] = errors;
  if (!first) return null;
  const actual = valueAt(value, first.pointer);
  return {
    where: pointer + first.pointer,
    expected: toExpectation(first.message),
    actual: show(actual),
    hint:
      errors.length > 1
        ? `All that is wrong: ${describeFieldErrors(errors)}`
        : onlyThis(first.pointer, actual === undefined),
  };
}

/** What to change where a single member is wrong, or the whole value. */
function onlyThis(pointer: string, isMissing: boolean): string {
  const [name, within] = pointer.split("/").toReversed();
  if (pointer === "" || name === undefined) return "Send what is expected in its place.";
  const member = /^\d+$/.test(name) ? `entry ${name} of "${within || "the list"}"` : `"${name}"`;
  return `${isMissing ? "Add" : "Change"} ${member}; each of the other members is right by itself.`;
}

function errorsBy(schema: z.ZodType, value: unknown): readonly FieldError[] {
  const { error } = schema.safeParse(value);
  return error ? fieldErrors(error, schema) : [];
}

/** What is wrong with a value by its schema, or `null`. @param pointer where the value stands in the body */
export const findSchemaFailure = (
  schema: z.ZodType,
  value: unknown,
  pointer = "",
): Omit<Failure, "at"> | null => failureOf(errorsBy(schema, value), value, pointer);

/**
 * What is wrong with an event by its type, or `null`. What would be wrong with it as any event is left to EVT-002, which
 * looks at each that was posted alone.
 */
export function findEventTypeFailure(
  type: string,
  { delivery, event }: { readonly delivery: Delivery; readonly event: JsonObject },
): Omit<Failure, "at"> | null {
  const leftOut = isBatch(delivery) ? [] : errorsBy(eventSchema, event).map(({ pointer }) => pointer);
  const errors = errorsBy(eventSchemaOf(type), event).filter(({ pointer }) => !leftOut.includes(pointer));
  const failure = failureOf(errors, event, "");
  const hint = `Beside what EVT-002 says of it, this is wrong: ${describeFieldErrors(errors)}`;
  return failure && leftOut.length > 0 ? { ...failure, hint } : failure;
}
