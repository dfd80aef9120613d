import { z } from "zod";
import { Expression } from "./expression.ts";
import { type JsonTemplate, Template } from "./template.ts";

/** The longest expression or template, in UTF-16 code units. */
const MAX_TEXT = 2_000;

/** A text of 1 to `max` UTF-16 code units. */
export const text = (max: number, description: string) => z.string().min(1).max(max).meta({ description });

/** The form of a name that the profile defines, such as a setting or a request. */
export const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** A name that the profile defines or refers to. */
export const name = (description: string) =>
  z
    .string()
    .regex(NAME, "Write a name of lower-case letters, digits and _, such as org_id.")
    .meta({ description });

/** An expression in CEL. The reader compiles it, so the parsed profile holds an {@link Expression}. */
export const expression = (description: string) =>
  text(MAX_TEXT, `${description.replace(/\.$/, "")} (an expression in CEL)`).transform(
    (source) => new Expression(source),
  );

/** A text with expressions in braces, such as `/sites/{site.id}/devices`. */
export const template = (description: string) =>
  z
    .string()
    .max(MAX_TEXT)
    .meta({ description: `${description} (a text with expressions in braces)` })
    .transform((source) => new Template(source));

function toJsonTemplate(value: z.core.util.JSONType): JsonTemplate {
  if (typeof value === "string") return new Template(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toJsonTemplate);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJsonTemplate(member)]));
}

/** A JSON body with templates. */
export const jsonTemplate = (description: string) => z.json().meta({ description }).transform(toJsonTemplate);

/** One value, or a list of them; parsed to a list. */
export const oneOrMore = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .union([z.array(schema).min(1), schema])
    .transform((value) => (Array.isArray(value) ? value : [value])) as z.ZodType<
    z.output<Schema>[],
    z.input<Schema> | z.input<Schema>[]
  >;

/** How a vendor writes a time. The unit is stated for each field, never guessed from the size of a number. */
export const TIME_UNITS = [
  "iso",
  "iso_utc",
  "unix_seconds",
  "unix_milliseconds",
  "unix_microseconds",
  "unix_nanoseconds",
] as const;
/** `iso` requires an offset or Z; `iso_utc` also accepts a text without one, and takes it as UTC. */
export type TimeUnit = (typeof TIME_UNITS)[number];

/** A time and its unit. */
export const timeRule = z
  .strictObject({
    value: expression("The time, as the vendor sends it"),
    time: z.enum(TIME_UNITS).meta({
      description: "How the vendor writes this time. iso_utc is ISO 8601 where a missing offset means UTC.",
    }),
  })
  .meta({ description: "A time, with its unit." });
/** A field that holds a time or a day. */
export type TimeRule = z.output<typeof timeRule>;

/** A value, or a list of values of which the first that is neither missing nor null counts. */
export type ValueRule = Expression | TimeRule | readonly (Expression | TimeRule)[];
/** What a member of a contract record is made of. */
export type FieldRule = ValueRule | FieldRules;
/** Rules by the name of the contract's field. */
export interface FieldRules {
  readonly [field: string]: FieldRule;
}

/** A value, or the alternatives for it. */
const withFallbacks = <Schema extends z.ZodType>(schema: Schema, advice: string) =>
  z.union([schema, z.array(schema).min(1).max(8)], advice) as z.ZodType<ValueRule>;

/** The value of a field that is not a time. */
export const valueRule = (description: string) =>
  withFallbacks(expression(description), "Write an expression, or a list of them.").meta({ description });
/** The value of a field that is a time. */
export const momentRule = withFallbacks(timeRule, "State the unit: { value: …, time: iso }.");

/** Whether a rule is about a time, so that it has a unit. */
export const isTimed = (rule: FieldRule): boolean =>
  Array.isArray(rule) ? rule.some(isTimed) : !(rule instanceof Expression) && "time" in rule;

/** Schemas by the name of the field. */
export type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The schema inside an optional or nullable one. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "optional" || def.type === "nullable" ? unwrap(def.innerType) : schema;
}

const formatOf = (schema: z.core.$ZodType): unknown => z.globalRegistry.get(unwrap(schema))?.["format"];
/** Whether a field of the contract holds a moment. */
export const isMoment = (schema: z.core.$ZodType): boolean => formatOf(schema) === "date-time";
/** Whether a field of the contract holds a calendar day. */
export const isDay = (schema: z.core.$ZodType): boolean => formatOf(schema) === "date";

/** The fields of an object of the contract; `null` for a value that is not an object with known fields. */
export function shapeOf(schema: z.core.$ZodType): Shape | null {
  const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
  return def.type === "object" ? def.shape : null;
}

function ruleOf(field: string, schema: z.core.$ZodType): z.ZodType<FieldRule> {
  const description =
    z.globalRegistry.get(schema)?.description ?? z.globalRegistry.get(unwrap(schema))?.description ?? field;
  if (isMoment(schema)) return momentRule.meta({ description });
  const value: z.ZodType<FieldRule> = valueRule(description);
  if (isDay(schema)) return z.union([value, momentRule]).meta({ description });
  const shape = shapeOf(schema);
  if (shape !== null) return z.union([value, rulesOf(shape)]).meta({ description });
  if ((unwrap(schema) as z.core.$ZodTypes)._zod.def.type === "record")
    return z.union([value, z.record(z.string(), value)]).meta({ description }) as z.ZodType<FieldRule>;
  return value;
}

/** Rules for the fields of a contract object; those in `required` must be there. */
export function rulesOf(shape: Shape, required: readonly string[] = []): z.ZodType<FieldRules> {
  const rules = Object.entries(shape).map(([field, schema]) => {
    const rule = ruleOf(field, schema);
    return [field, required.includes(field) ? rule : rule.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(rules)) as unknown as z.ZodType<FieldRules>;
}

/** The form of the name of an HTTP header (RFC 9110). */
export const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** The name of an HTTP header. */
export const headerName = (description: string) =>
  z.string().max(200).regex(HEADER, "Write the name of an HTTP header.").meta({ description });

/** A number of seconds, at most a day. */
export const seconds = (description: string) => z.number().int().min(1).max(86_400).meta({ description });
