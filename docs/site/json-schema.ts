/** The parts of a published JSON Schema that a page shows. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly examples?: readonly unknown[];
  readonly "x-requirement"?: string;
  readonly "x-personal-data"?: boolean;
}

/** One field of an object, at any depth. */
export interface Field {
  /** The path of the field, such as `snapshot.id` or `data[].index`. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Returns the schema without `null`. */
function present(schema: JsonSchema): JsonSchema {
  const options = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== "null");
  return options?.length === 1 && options[0] ? { ...options[0], ...schema } : schema;
}

/** Lists the fields of a schema, including those of nested objects without a separate page. */
export function fieldsOf(schema: JsonSchema, prefix = ""): Field[] {
  const inner = present(schema);
  if (inner.items) return fieldsOf(inner.items, `${prefix}[]`);
  return Object.entries(inner.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const field = { path, schema: member, isRequired: inner.required?.includes(name) ?? false };
    return [field, ...(member.$ref ? [] : fieldsOf(member, path))];
  });
}

/** Lists the schemas that a schema refers to directly. */
export const referencesOf = (schema: JsonSchema): string[] =>
  [...JSON.stringify(schema).matchAll(/"\$ref":"(\w+)\.json"/g)].map(([, name = ""]) => name);

/** Describes the constraints of a schema, except its type. */
export function constraintsOf(schema: JsonSchema): string[] {
  const { format, minLength, maxLength, minimum, exclusiveMinimum, maximum, minItems, maxItems } =
    present(schema);
  const says = (value: number | string | undefined, words: (value: string) => string) =>
    value === undefined || Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? [] : [words(String(value))];
  return [
    ...says(format, (value) => value),
    ...says(minLength, (value) => `at least ${value} character${value === "1" ? "" : "s"}`),
    ...says(maxLength, (value) => `at most ${value} characters`),
    ...says(minimum, (value) => `≥ ${value}`),
    ...says(exclusiveMinimum, (value) => `> ${value}`),
    ...says(maximum, (value) => `≤ ${value}`),
    ...says(minItems, (value) => `at least ${value} item${value === "1" ? "" : "s"}`),
    ...says(maxItems, (value) => `at most ${value} items`),
  ];
}

/** Describes a type. Passes the names of schemas to `link`. */
export function typeOf<Link>(schema: JsonSchema, link: (name: string) => Link): (string | Link)[] {
  if (schema.$ref) return [link(schema.$ref.replace(/\.json$/, ""))];
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    return options.flatMap((option, at) => [...(at > 0 ? [" or "] : []), ...typeOf(option, link)]);
  }
  if (schema.allOf) return schema.allOf.flatMap((part) => typeOf(part, link));
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(" · ")];
  const types = [schema.type ?? "any"].flat();
  return types.flatMap((type, at) => [
    ...(at > 0 ? [" or "] : []),
    ...(type === "array" && schema.items ? ["array of ", ...typeOf(schema.items, link)] : [type]),
  ]);
}
